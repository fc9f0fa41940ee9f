import { setTimeout as pause } from "node:timers/promises";
import { between, type Fault } from "@perdure/drills";
import type { OwnServer, Passage } from "@perdure/engines";

/** How long a server is gone at most, in milliseconds. */
const AWAY_MS = 300;
/** How long a server stands still. */
const STILL_MS = 1500;

/** SIGKILL to the server. Its start takes longer than the SDK's own tries, so callers are told. */
export function killServer(server: OwnServer): Fault {
  return {
    what: "kill -9 of the server, started again up to 300 ms later",
    async make(_, random) {
      await server.kill();
      await pause(between(random, 0, AWAY_MS));
      await server.start();
    },
    codes: { must: ["UNAVAILABLE"] },
  };
}

/** All connections are reset in the network: the SDK asks again, by the token or the mark of what it asked. */
export function cut(way: Passage): Fault {
  return {
    what: "all connections reset",
    async make() {
      way.cut();
    },
  };
}

/** What is asked is done, and its answer is lost with the connection: the SDK asks again. */
export function swallow(way: Passage): Fault {
  return {
    what: "the next answer on each connection lost, with the connection",
    async make() {
      way.swallow();
    },
  };
}

/** SIGSTOP for less than anybody's patience. */
export function freeze(server: OwnServer): Fault {
  return {
    what: `the server stands still (SIGSTOP) for ${STILL_MS} ms`,
    async make() {
      await server.freeze();
      await pause(STILL_MS);
      await server.thaw();
    },
  };
}
