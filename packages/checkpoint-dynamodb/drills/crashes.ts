import { type Drill, type Fault, killWriters, underLoad } from "@perdure/drills";
import { type OwnServer, ownServer, type Passage, passage } from "@perdure/engines";
import { cut, freeze, killServer, swallow } from "./faults.ts";
import { placeOf } from "./places.ts";

/** How often each fault is made, and who writes meanwhile. */
export interface Scale {
  readonly writers: number;
  readonly servers: number;
  readonly connections: number;
  /** Faults that take seconds each. */
  readonly slow: number;
  /** Three processes of four clients when not given. */
  readonly load?: { readonly processes: number; readonly clients: number };
}

/** A server that keeps its tables in files, and a way to it that can be cut. */
export interface Stand extends AsyncDisposable {
  readonly server: OwnServer;
  readonly way: Passage;
}

/** Starts a server for all drills of one server. */
export async function openStand(): Promise<Stand> {
  await using started = new AsyncDisposableStack();
  const server = started.use(await ownServer("dynamodb"));
  const way = started.use(await passage(server.url));
  const owned = started.move();
  return { server, way, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Whatever dies under load: writers, the server, connections; and a server that merely stands still. */
export function crashes({ server, way }: Stand, scale: Scale): readonly Drill[] {
  const { writers, servers, connections, slow, load } = scale;
  return [
    // Fewer clients: what they write while the next process starts is all read again.
    under(killWriters, writers, server.url, load ?? { processes: 4, clients: 1 }),
    under(killServer(server), servers, server.url, load),
    under(cut(way), connections, way.url, load),
    under(swallow(way), connections, way.url, load),
    under(freeze(server), slow, server.url, load),
  ];
}

function under(fault: Fault, times: number, url: string, load: Scale["load"]): Drill {
  return [
    fault.what,
    async (seed) => underLoad(fault, times, { ...(await placeOf(url)), seed, ...load }),
  ];
}
