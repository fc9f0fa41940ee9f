import { describeOn } from "@perdure/engines/vitest";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { crashes, openStand, type Stand } from "../drills/crashes.ts";
import { races } from "../drills/races.ts";

/** The drills in short, on one server of their own; `make drills` makes them long. */
const SEED = 1;
/** Servers and processes start slowly on a busy machine. */
const PATIENCE_MS = 180_000;
const scale = {
  writers: 2,
  servers: 2,
  connections: 2,
  slow: 1,
  load: { processes: 2, clients: 3 },
};

describeOn(["postgres", "pgbouncer"], "the drills in short", () => {
  let stand: Stand;
  beforeAll(async () => {
    stand = await openStand();
  }, PATIENCE_MS);
  afterAll(() => stand[Symbol.asyncDispose]());

  test.each(["race put", "race write", "setups", "latest"])(
    "%s",
    async (name) => {
      const drills = races(inject("postgresUrl"), { races: 10, setups: 1, reads: 100 });
      const result = await drills.find((drill) => drill[0] === name)?.[1](SEED);
      expect(result).toMatchObject({ passed: true });
    },
    PATIENCE_MS,
  );

  test.each([
    "kill -9 of a writing process",
    "kill -9 of the server, started again",
    "pg_ctl restart -m fast",
    "kill -9 of one process of the server",
    "pg_terminate_backend of all connections, at work",
    "pg_terminate_backend of all connections, idle",
    "the next answer on each connection lost",
    "the server stands still",
    "all connections reset, sessions SERIALIZABLE",
    "all partitions locked for 1500 ms, lock_timeout",
    "all partitions locked for 1500 ms, statement_timeout",
    "kill -9 of pgbouncer",
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
