import { setTimeout as pause } from "node:timers/promises";
import type { OwnServer, Passage } from "@perdure/engines";
import { between } from "./random.ts";
import type { Fault } from "./underLoad.ts";

/** How long a server is gone at most, in milliseconds. */
const AWAY_MS = 300;
/** How long a server stands still, and a lock is held: longer than the patience of who waits. */
export const STILL_MS = 1500;
/** The patience of who waits then. */
export const TIMEOUT_MS = 500;

/** SIGKILL to the server and all its processes. */
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

/** All connections are reset in the network. */
export function cut(way: Passage): Fault {
  return {
    what: "all connections reset",
    async make() {
      way.cut();
    },
    codes: { must: ["UNAVAILABLE"] },
  };
}

/** What is asked is done, and its answer is lost with the connection. */
export function swallow(way: Passage): Fault {
  return {
    what: "the next answer on each connection lost, with the connection",
    async make() {
      way.swallow();
    },
    codes: { must: ["UNAVAILABLE"] },
  };
}

/** SIGSTOP for longer than anybody waits. `patience` says whose bound it is: "`timeoutMs` of 500". */
export function freeze(server: OwnServer, patience: string): Fault {
  return {
    what: `the server stands still (SIGSTOP) for ${STILL_MS} ms, ${patience}`,
    async make() {
      await server.freeze();
      await pause(STILL_MS);
      await server.thaw();
    },
    codes: { must: ["UNAVAILABLE"] },
  };
}
