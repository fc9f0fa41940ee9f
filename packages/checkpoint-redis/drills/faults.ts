import { setTimeout as pause } from "node:timers/promises";
import { between, type Fault } from "@perdure/drills";
import type { OwnServer, Passage } from "@perdure/engines";
import { asOwner } from "./places.ts";

/** How long a server is gone at most, in milliseconds. */
const AWAY_MS = 300;
/** How long a server stands still: longer than who waits has patience. */
const STILL_MS = 1500;
/** The patience of who waits then. */
export const TIMEOUT_MS = 500;

/** SIGKILL to the server. */
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

/** All connections are closed by the server, most of them with commands under way. */
export function killBusy(server: OwnServer): Fault {
  return {
    what: "CLIENT KILL of all connections, at work",
    async make() {
      await killClients(server);
    },
    codes: { must: ["UNAVAILABLE"] },
  };
}

/** The same while nobody has anything under way. */
export function killIdle(server: OwnServer): Fault {
  return {
    what: "CLIENT KILL of all connections, idle",
    async make(load) {
      await load.rest();
      await killClients(server);
      load.go();
    },
  };
}

async function killClients(server: OwnServer): Promise<void> {
  await asOwner(server, (client) => client.call("CLIENT", "KILL", "TYPE", "normal"));
}

/** All connections are reset in the network. */
export function cut(...ways: readonly Passage[]): Fault {
  return {
    what: "all connections reset",
    async make() {
      for (const way of ways) way.cut();
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

/** SIGSTOP for longer than anybody waits. */
export function freeze(server: OwnServer): Fault {
  return {
    what: `the server stands still (SIGSTOP) for ${STILL_MS} ms, \`timeoutMs\` of ${TIMEOUT_MS}`,
    async make() {
      await server.freeze();
      await pause(STILL_MS);
      await server.thaw();
    },
    codes: { must: ["UNAVAILABLE"] },
  };
}

/** The server forgets all scripts. */
export function flushScripts(...servers: readonly OwnServer[]): Fault {
  return {
    what: "SCRIPT FLUSH",
    async make() {
      for (const server of servers) await asOwner(server, (client) => client.script("FLUSH"));
    },
    codes: { may: [] },
  };
}
