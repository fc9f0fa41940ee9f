import { testFaults, testRaces } from "@perdure/drills/vitest";
import { describeOn } from "@perdure/engines/vitest";
import { expect, inject, test } from "vitest";
import { crashes } from "../drills/crashes.ts";
import { drops } from "../drills/drops.ts";
import { durableStand } from "../drills/places.ts";
import { races } from "../drills/races.ts";

describeOn("dynamodb", "the drills in short", () => {
  // 64 racers on one head are in the kit, cut connections and a server that stands still in linearizability.test.ts: DynamoDB Local takes long for each.
  testRaces((times) => races(inject("dynamodbUrl"), times), ["setups", "latest"]);

  testFaults(durableStand, crashes, [
    "kill -9 of a writing process",
    "the next answer on each connection lost",
  ]);

  test("a drop that is cut at every call is finished by maintain", async () => {
    const [, run] = drops(inject("dynamodbUrl"), 200)[0] ?? [];
    expect(await run?.(1)).toMatchObject({ passed: true });
  }, 180_000);
});
