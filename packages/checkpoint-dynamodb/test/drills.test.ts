import { testFaults, testRaces } from "@perdure/drills/vitest";
import { describeOn } from "@perdure/engines/vitest";
import { expect, inject, test } from "vitest";
import { crashes } from "../drills/crashes.ts";
import { drops } from "../drills/drops.ts";
import { durableStand } from "../drills/places.ts";
import { races } from "../drills/races.ts";

describeOn("dynamodb", "the drills in short", () => {
  // A round of 64 racers asks some 200 times: fewer rounds than on engines that answer sooner.
  testRaces((times) => races(inject("dynamodbUrl"), { ...times, races: 3 }));

  testFaults(durableStand, crashes, [
    "kill -9 of a writing process",
    "all connections reset",
    "the next answer on each connection lost",
    "every connection reset within",
    "the server stands still",
  ]);

  test("a drop that is cut at every call is finished by maintain", async () => {
    const [, run] = drops(inject("dynamodbUrl"), 200)[0] ?? [];
    expect(await run?.(1)).toMatchObject({ passed: true });
  }, 180_000);
});
