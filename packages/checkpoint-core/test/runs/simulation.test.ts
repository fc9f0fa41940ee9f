import { expect, test } from "vitest";
import { World } from "./world.ts";

/** Seeds in one run of the tests; `RUNS_SEEDS=100000 RUNS_FROM=1` looks at more. */
const SEEDS = Number(process.env["RUNS_SEEDS"] ?? 150);
const FROM = Number(process.env["RUNS_FROM"] ?? 1);

test(`keeps every promise of runs under ${SEEDS} seeds of interleavings, crashes and lost answers`, {
  timeout: 3_600_000,
}, async () => {
  const broken: string[] = [];
  for (let seed = FROM; seed < FROM + SEEDS && broken.length < 5; seed += 1)
    await new World(seed).run().catch((error: unknown) => {
      broken.push(`seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`);
    });
  expect(broken).toEqual([]);
});
