import {
  cut,
  type Drill,
  type Fault,
  freeze,
  killServer,
  killWriters,
  type Scale,
  type Stand,
  swallow,
  underLoad,
} from "@perdure/drills";
import { placeOf } from "./places.ts";

/** Whatever dies under load: writers, the server, connections; and a server that merely stands still. */
export function crashes({ server, way }: Stand, scale: Scale): readonly Drill[] {
  const { writers, servers, connections, slow, load } = scale;
  const { url } = server;
  return [
    // Fewer clients: what they write while the next process starts is all read again.
    under(killWriters, writers, url, load ?? { processes: 4, clients: 1 }),
    under(killServer(server), servers, url, load),
    under(unheard(cut(way)), connections, way.url, load),
    under(unheard(swallow(way)), connections, way.url, load),
    under(unheard(freeze(server, "less than the SDK's patience")), slow, url, load),
  ];
}

/** A fault that callers need not be told of: the SDK asks again by itself. */
function unheard({ what, make }: Fault): Fault {
  return { what, make };
}

function under(fault: Fault, times: number, url: string, load: Scale["load"]): Drill {
  return [
    fault.what,
    async (seed) => underLoad(fault, times, { ...(await placeOf(url)), seed, ...load }),
  ];
}
