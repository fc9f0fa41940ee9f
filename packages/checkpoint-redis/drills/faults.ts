import type { Fault } from "@perdure/drills";
import type { OwnServer } from "@perdure/engines";
import { asOwner } from "./places.ts";

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
