import { fork } from "node:child_process";
import { once } from "node:events";
import type { DrillResult } from "@perdure/drills";
import type { Worked } from "./history-worker.ts";

/** Processes that share the seeds: a history takes one core. */
const WORKERS = 2;

/**
 * Random histories of puts, appends, branches, deletions, pins, forks, expiry, drops and new lives by two stores with different `keepLast` and clocks, beside sweeps that are killed, all
 * calls one at a time in an order that a seed decides: each must equal the model. One that fails can be played again: `SWEEP_SEEDS=1 SWEEP_FROM=<seed>` with the test `sweepHistories`.
 */
export async function histories(count: number, from = Date.now() % 1e9): Promise<DrillResult> {
  const share = Math.ceil(count / WORKERS);
  const worked = await Promise.all(
    Array.from({ length: WORKERS }, async (_, at) =>
      play(from + at * share, Math.min(share, count - at * share)),
    ),
  );
  const broken = worked.flatMap((each) => each.broken);
  const equal = worked.reduce((sum, each) => sum + each.equal, 0);
  const swept = worked.reduce((sum, each) => sum + each.swept, 0);
  const freeing = worked.reduce((sum, each) => sum + each.freeing, 0);
  return {
    name: "histories memory",
    passed: equal === count && freeing >= count,
    line:
      `seeds ${from} to ${from + count - 1}: ${equal} histories equal the model, beside ${swept} sweeps of which ${freeing} freed something; ` +
      `done at once with others: ${racedIn(worked)}${broken.map((each) => `; ${each}`).join("")}`,
  };
}

function racedIn(worked: readonly Worked[]): string {
  const verbs = new Set(worked.flatMap(({ raced }) => Object.keys(raced)));
  const counted = [...verbs].toSorted().map((verb) => {
    const times = worked.reduce((sum, { raced }) => sum + (raced[verb] ?? 0), 0);
    return `${verb} ${times}`;
  });
  return counted.join(", ");
}

async function play(from: number, count: number): Promise<Worked> {
  const script = new URL("history-worker.ts", import.meta.url);
  const child = fork(script, [String(from), String(count)]);
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`A worker has ended with ${String(code)} before its histories were played.`);
  });
  // Told if nothing else was.
  ended.catch(() => undefined);
  const [worked] = (await Promise.race([once(child, "message"), ended])) as [Worked];
  return worked;
}
