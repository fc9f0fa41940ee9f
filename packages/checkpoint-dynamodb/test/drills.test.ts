import { describeOn } from "@perdure/engines/vitest";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { crashes, openStand, type Stand } from "../drills/crashes.ts";
import { drops } from "../drills/drops.ts";
import { races } from "../drills/races.ts";

/** The drills in short; `make drills` makes them long. */
const SEED = 1;
/** Servers and processes start slowly on a busy machine. */
const PATIENCE_MS = 180_000;
const scale = {
  writers: 2,
  servers: 1,
  connections: 2,
  slow: 1,
  load: { processes: 2, clients: 3 },
};

describeOn("dynamodb", "the drills in short", () => {
  let stand: Stand;
  beforeAll(async () => {
    stand = await openStand();
  }, PATIENCE_MS);
  afterAll(() => stand[Symbol.asyncDispose]());

  test.each(["race put", "race write", "setups", "latest"])(
    "%s",
    async (name) => {
      const drills = races(inject("dynamodbUrl"), { races: 3, setups: 1, reads: 100 });
      const result = await drills.find((drill) => drill[0] === name)?.[1](SEED);
      expect(result).toMatchObject({ passed: true });
    },
    PATIENCE_MS,
  );

  test(
    "a drop that is cut at every call is finished by maintain",
    async () => {
      const [, run] = drops(inject("dynamodbUrl"), 200)[0] ?? [];
      expect(await run?.(SEED)).toMatchObject({ passed: true });
    },
    PATIENCE_MS,
  );

  test.each([
    "kill -9 of a writing process",
    "kill -9 of the server, started again",
    "all connections reset",
    "the next answer on each connection lost",
    "the server stands still",
  ])(
    "%s: nothing that was acknowledged is lost, doubled or torn",
    async (name) => {
      const result = await crashes(stand, scale).find((drill) => drill[0].startsWith(name))?.[1](
        SEED,
      );
      expect(result).toMatchObject({ passed: true });
    },
    PATIENCE_MS,
  );
});
