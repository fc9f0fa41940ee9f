import { testFaults, testRaces } from "@perdure/drills/vitest";
import { describeOn } from "@perdure/engines/vitest";
import { inject } from "vitest";
import { crashes } from "../drills/crashes.ts";
import { durableStand } from "../drills/places.ts";
import { races } from "../drills/races.ts";

describeOn(["postgres", "pgbouncer"], "the drills in short", () => {
  testRaces((times) => races(inject("postgresUrl"), times));

  // Locks that are held too long are in `errors.test.ts`.
  testFaults(durableStand, crashes, [
    "kill -9 of a writing process",
    "kill -9 of the server, started again",
    "pg_ctl restart -m fast",
    "kill -9 of one process of the server",
    "pg_terminate_backend of all connections, at work",
    "pg_terminate_backend of all connections, idle",
    "the next answer on each connection lost",
    "the server stands still",
    "all connections reset, sessions SERIALIZABLE",
    "kill -9 of pgbouncer",
  ]);
});
