import { expect, test } from "vitest";
import { SweepWorld } from "./sweepWorld.ts";

/** Seeds in one run of the tests; `SWEEP_SEEDS=10000 SWEEP_FROM=1` looks at more. */
const SEEDS = Number(process.env["SWEEP_SEEDS"] ?? 60);
const FROM = Number(process.env["SWEEP_FROM"] ?? 1);

test(`equals a model under ${SEEDS} seeds of puts, branches, deletions, pins, forks, expiry, new lives and sweeps that race, and leaves nothing that nobody needs`, {
  timeout: 3_600_000,
}, async () => {
  const broken: string[] = [];
  let [swept, freeing] = [0, 0];
  const raced = new Set<string>();
  for (let seed = FROM; seed < FROM + SEEDS && broken.length < 3; seed += 1) {
    const world = new SweepWorld(seed);
    await world.run(40).catch((error: unknown) => {
      broken.push(`seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`);
    });
    swept += world.swept;
    freeing += world.freeing;
    for (const verb of world.raced) raced.add(verb);
  }
  expect(broken).toEqual([]);
  expect(swept).toBeGreaterThan(SEEDS);
  expect(freeing).toBeGreaterThan(SEEDS);
  expect([...raced].toSorted()).toEqual([
    "append",
    "delete",
    "end",
    "fork",
    "get",
    "list",
    "put",
    "renew",
    "suspend",
  ]);
});
