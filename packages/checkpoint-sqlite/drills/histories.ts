import { SweepWorld } from "../../checkpoint-core/test/checkpoints/sweepWorld.ts";
import type { DrillResult } from "./drill.ts";

/** Rounds of one history. */
const ROUNDS = 30;

/**
 * Random histories of puts, appends, branches, deletions, pins, expiry, drops and new lives by two processes with different `keepLast` and clocks, beside sweeps that are killed:
 * each must equal the model. A seed decides everything, so one that fails can be played again: `SWEEP_SEEDS=1 SWEEP_FROM=<seed>` with the test `sweepHistories`.
 */
export async function histories(count: number, from = Date.now() % 1e9): Promise<DrillResult> {
  const broken: string[] = [];
  let swept = 0;
  for (let seed = from; seed < from + count && broken.length < 3; seed += 1) {
    const world = new SweepWorld(seed);
    await world.run(ROUNDS).catch((error: unknown) => {
      broken.push(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
    });
    swept += world.swept;
  }
  return {
    name: "histories memory",
    passed: broken.length === 0,
    line:
      `seeds ${from} to ${from + count - 1}: ${count - broken.length} histories of ${ROUNDS} rounds equal the model, beside ${swept} sweeps` +
      broken.map((each) => `; ${each}`).join(""),
  };
}
