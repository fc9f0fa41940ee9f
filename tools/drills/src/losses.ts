import type { DrillResult } from "./result.ts";
import { Load } from "./load.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { lineOf, type Under } from "./underLoad.ts";
import { between, randomFrom } from "./random.ts";

/** Operations before the death. */
const BEFORE = [100, 400] as const;
const PROCESSES = 3;
const CLIENTS = 4;

/** A server that may lose what it acknowledged. */
export interface Frail extends AsyncDisposable {
  readonly module: URL;
  readonly given: string;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on what it kept. */
  start(): Promise<void>;
}

/**
 * Counts what a server loses of what it acknowledged, under settings that let it: each round a fresh one is killed under load, with all clients after it, and what it still has when it is started again is held
 * against what they were told. `may` says whether it may lose anything.
 */
export async function losses(
  { what, may }: { readonly what: string; readonly may: boolean },
  rounds: number,
  { seed, fresh }: Pick<Under, "seed"> & { readonly fresh: () => Promise<Frail> },
): Promise<DrillResult> {
  const random = randomFrom(seed);
  const all: Outcome[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await using server = await fresh();
    const { module, given } = server;
    const options = { module, given, seed: seed + round, processes: PROCESSES, clients: CLIENTS };
    await using load = await Load.start(options);
    await load.more(between(random, ...BEFORE));
    await server.kill();
    await load.killAll();
    await server.start();
    all.push(await outcomeOf(await load.lines(), server));
  }
  const outcome = sumOf(all);
  const bad = outcome.doubled + outcome.torn + outcome.wrong.length + (may ? 0 : outcome.lost);
  const oldest =
    outcome.lost > 0 ? `, the oldest ${outcome.lostMs} ms before the last acknowledgement` : "";
  return {
    name: what,
    passed: bad === 0,
    line: `seed ${seed}, ${rounds} times: ${lineOf(outcome)}${oldest}${outcome.wrong
      .slice(0, 5)
      .map((text) => `; ${text}`)
      .join("")}`,
    row: { times: rounds, outcome },
  };
}

function sumOf(all: readonly Outcome[]): Outcome {
  const sum = (of: (outcome: Outcome) => number): number =>
    all.reduce((total, outcome) => total + of(outcome), 0);
  const failures = new Map<string, number>();
  for (const one of all)
    for (const [code, count] of one.failures) failures.set(code, (failures.get(code) ?? 0) + count);
  return {
    acknowledged: sum((one) => one.acknowledged),
    replayed: sum((one) => one.replayed),
    failures,
    lost: sum((one) => one.lost),
    lostMs: Math.max(...all.map((one) => one.lostMs)),
    doubled: sum((one) => one.doubled),
    torn: sum((one) => one.torn),
    wrong: all.flatMap((one) => one.wrong),
  };
}
