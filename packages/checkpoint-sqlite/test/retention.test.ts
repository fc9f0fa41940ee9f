import { expect, test } from "vitest";
import { keepLastRace } from "../drills/keep.ts";
import { processHistories } from "../drills/processes.ts";
import { racingSweeps } from "../drills/sweeps.ts";

const LONG = { timeout: 120_000 };

test(
  "sweeps that race puts, pins, deletions and readers of what is hidden make no hole, are not starved, and leave nothing that nobody needs",
  LONG,
  async () => {
    for (const [where, count] of [
      ["memory", 300],
      ["better-sqlite3", 150],
    ] as const) {
      const { passed, line } = await racingSweeps(where, count);
      expect(passed, line).toBe(true);
    }
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
  const { passed, line } = await processHistories("better-sqlite3", 8);
  expect(passed, line).toBe(true);
});
