import { expect, test } from "vitest";
import { keepLastRace } from "../drills/keep.ts";
import { processHistories } from "../drills/processes.ts";
import { racingSweeps } from "../drills/sweeps.ts";

const LONG = { timeout: 120_000 };

test(
  "sweeps that race puts, deletions and readers make no hole and are not starved",
  LONG,
  async () => {
    const { passed, line } = await racingSweeps("better-sqlite3", 150);
    expect(passed, line).toBe(true);
  },
);

test(
  "two processes that show different numbers of checkpoints agree under 12 puts each at once",
  LONG,
  async () => {
    const { passed, line } = await keepLastRace("node:sqlite", 12);
    expect(passed, line).toBe(true);
  },
);

test("random histories by two processes, swept by a third, equal the model", LONG, async () => {
  const { passed, line } = await processHistories("better-sqlite3", 4);
  expect(passed, line).toBe(true);
});
