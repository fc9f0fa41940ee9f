import type { DrillResult } from "./result.ts";
import { Load, type LoadOptions } from "./load.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { between, type Random, randomFrom } from "./random.ts";

/** Operations between two faults, of all clients together. */
const APART = [20, 200] as const;
/** Rounds beside those that were asked for, at most, until the fault has met somebody at work. */
const MORE = 10;
const PROCESSES = 3;
const CLIENTS = 4;

/** What happens to engine, connections or processes while clients write. */
export interface Fault {
  /** For the table: "kill -9 of the server, which is started again". */
  readonly what: string;
  /** Makes it once. Whatever it took away is back when this resolves. */
  readonly make: (load: Load, random: Random, round: number) => Promise<void>;
  /** Codes of errors that callers may be told of: `UNAVAILABLE` and `CONTENTION` when not given. Those without which it has not been what it says. */
  readonly codes?: { readonly may?: readonly string[]; readonly must?: readonly string[] };
}

/** Options of a load, where those of all drills are what counts when none are given. */
export type Under = Pick<LoadOptions, "module" | "given" | "seed"> &
  Partial<Pick<LoadOptions, "processes" | "clients">>;

/**
 * Makes a fault again and again while twelve clients of three processes write, each time after as many operations as the seed says: afterwards each client goes on by itself, no process has ended, what was
 * acknowledged is there, once and whole and in order, and all errors told of are ours, retryable, and of the codes that are right.
 */
export async function underLoad(
  { what, make, codes = {} }: Fault,
  rounds: number,
  options: Under,
): Promise<DrillResult> {
  const { seed } = options;
  const { may = ["UNAVAILABLE", "CONTENTION"], must = [] } = codes;
  const random = randomFrom(seed);
  await using load = await Load.start({ processes: PROCESSES, clients: CLIENTS, ...options });
  let round = 0;
  for (; round < rounds || (round < rounds + MORE && !(await hasMet(load, must))); round += 1) {
    await load.more(between(random, ...APART));
    await make(load, random, round);
    await load.allGoOn();
  }
  await load.end();
  const outcome = await outcomeOf(await load.lines(), options);
  const told = [...outcome.failures.keys()];
  const wrong = [
    ...outcome.wrong,
    ...told.filter((code) => !may.includes(code)).map((code) => `nobody should be told ${code}`),
    ...must.filter((code) => !told.includes(code)).map((code) => `nobody was told ${code}`),
  ];
  const bad = outcome.lost + outcome.doubled + outcome.torn + wrong.length;
  return {
    name: what,
    passed: bad === 0,
    line: `seed ${seed}, ${round} times: ${lineOf(outcome)}${wrong
      .slice(0, 5)
      .map((text) => `; ${text}`)
      .join("")}`,
    row: { times: round, outcome },
  };
}

/** Whether somebody was told each of these codes: a fault may come in a moment in which nobody has anything under way. */
async function hasMet(load: Load, must: readonly string[]): Promise<boolean> {
  if (must.length === 0) return true;
  const told = new Set((await load.lines()).map((line) => ("code" in line ? line.code : "")));
  return must.every((code) => told.has(code));
}

/** An outcome in words. */
export function lineOf(outcome: Outcome): string {
  const { acknowledged, replayed, lost, doubled, torn } = outcome;
  return `${acknowledged} acknowledged, ${toldIn(outcome)}, ${replayed} had been done unheard; ${lost} lost, ${doubled} doubled, ${torn} torn`;
}

/** The failures that clients were told of. */
export function toldIn({ failures }: Outcome): string {
  if (failures.size === 0) return "no failures";
  return [...failures].map(([code, count]) => `${count} ${code}`).join(", ");
}
