import { testFaults, testRaces } from "@perdure/drills/vitest";
import { describeOn } from "@perdure/engines/vitest";
import { expect, inject, test } from "vitest";
import { crashes, lossesBySetting } from "../drills/crashes.ts";
import { durableStand } from "../drills/places.ts";
import { races } from "../drills/races.ts";

describeOn("redis", "the drills in short", () => {
  testRaces((times) => races(inject("redisUrl"), times));

  testFaults(durableStand, crashes, [
    "kill -9 of a writing process",
    "kill -9 of the server, started again",
    "CLIENT KILL of all connections, at work",
    "CLIENT KILL of all connections, idle",
    "all connections reset",
    "the next answer on each connection lost",
    "the server stands still",
    "SCRIPT FLUSH",
  ]);

  test("without an append-only file the drill counts what is lost", async () => {
    const [, run] = lossesBySetting(1).find(([name]) => name.includes("no append-only")) ?? [];
    const result = await run?.(1);
    expect(result?.row?.outcome.lost).toBe(result?.row?.outcome.acknowledged);
    expect(result?.row?.outcome.lost).toBeGreaterThan(0);
  }, 180_000);
});
