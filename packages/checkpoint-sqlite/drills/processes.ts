import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SqliteDriver } from "@perdure/checkpoint-sqlite";
import { drawAct, ordinalIn } from "../../checkpoint-core/test/checkpoints/sweepActs.ts";
import { type By, SweepModel } from "../../checkpoint-core/test/checkpoints/sweepModel.ts";
import { type Random, randomFrom } from "../../checkpoint-core/test/runs/scheduler.ts";
import type { DrillResult } from "./drill.ts";
import type { Ask } from "./history-party.ts";

const ACTS = 30;
const HOUR = 60 * 60 * 1000;

/** Random histories by two real processes with different `keepLast` on one SQLite file, while a third one sweeps: each answer must be the model's. */
export async function processHistories(
  driver: SqliteDriver,
  count: number,
  from = Date.now() % 1e9,
): Promise<DrillResult> {
  const folder = await mkdtemp(join(tmpdir(), "perdure-histories-"));
  const script = new URL("history-party.ts", import.meta.url);
  const party = (): ChildProcess => fork(script, [driver]);
  const children = [party(), party(), party()] as const;
  const broken: string[] = [];
  for (let seed = from; seed < from + count && broken.length < 3; seed += 1) {
    const difference = await history(children, join(folder, `${seed}.db`), randomFrom(seed));
    if (difference) broken.push(`seed ${seed}: ${difference}`);
  }
  for (const child of children) child.disconnect();
  await rm(folder, { recursive: true });
  return {
    name: `histories ${driver}`,
    passed: broken.length === 0,
    line:
      `seeds ${from} to ${from + count - 1}: ${count - broken.length} histories of ${ACTS} acts by two processes, swept by a third, equal the model` +
      broken.map((each) => `; ${each}`).join(""),
  };
}

async function history(
  [one, two, sweeper]: readonly [ChildProcess, ChildProcess, ChildProcess],
  path: string,
  random: Random,
): Promise<string | undefined> {
  const keeps = [1, 2].map(() => [null, 1, 2, 4, 7][Math.floor(random() * 5)] ?? null);
  for (const [at, child] of [one, two, sweeper].entries())
    await ask(child, { path, keepLast: keeps[at] ?? null });
  const parties = [one, two] as const;
  const beside = { random, sweeper, swept: Promise.resolve() as Promise<unknown> };
  let model = new SweepModel();
  let now = 1_700_000_000_000;
  for (let n = 0; n < ACTS; n += 1) {
    const at = random() < 0.5 ? 0 : 1;
    if (random() < 0.1) now += Math.floor(random() * 3 * HOUR);
    if (await happens(parties[at], now, beside)) model = new SweepModel();
    const by = { now, keepLast: keeps[at] ?? undefined };
    const difference = await act(parties[at], model, { random, by });
    if (difference !== undefined) return `act ${n}, ${difference}`;
  }
  await beside.swept;
  return undefined;
}

/** What happens beside the acts: a sweep begins, or the thread begins another life. True for the latter. */
async function happens(
  child: ChildProcess,
  now: number,
  beside: { readonly random: Random; readonly sweeper: ChildProcess; swept: Promise<unknown> },
): Promise<boolean> {
  if (beside.random() < 0.4) {
    await beside.swept;
    beside.swept = ask(beside.sweeper, { sweep: now });
  }
  if (beside.random() >= 0.03) return false;
  await beside.swept;
  await ask(child, { revive: true, now });
  return true;
}

/** One act; how its answer differs from the model's, if it does. */
async function act(
  child: ChildProcess,
  model: SweepModel,
  { random, by }: { readonly random: Random; readonly by: By },
): Promise<string | undefined> {
  const drawn = drawAct(random, model, by.now);
  const answer = JSON.stringify(await ask(child, { act: drawn, now: by.now }));
  const given: unknown = JSON.parse(answer);
  const idOf = (ordinal: number): string | undefined =>
    ordinalIn(given) === ordinal ? String(given) : undefined;
  const expected = JSON.stringify(model.play(drawn, by, idOf) ?? null);
  return answer === expected
    ? undefined
    : `${JSON.stringify(drawn)}, came to ${answer}, not ${expected}`;
}

async function ask(child: ChildProcess, what: Ask): Promise<unknown> {
  const answered = once(child, "message");
  child.send(what);
  const [{ given }] = (await answered) as [{ readonly given: unknown }];
  return given;
}
