import { setTimeout as pause } from "node:timers/promises";
import {
  cut,
  type Drill,
  type Fault,
  freeze,
  killWriters,
  losses,
  type Scale,
  type Stand,
  STILL_MS,
  swallow,
  underLoad,
} from "@perdure/drills";
import type { Passage } from "@perdure/engines";
import { frail, placeOf } from "./places.ts";

/** How long a connection lives while the way is bad, in milliseconds. */
const LIFE_MS = 20;

/** Whatever dies under load: writers and connections; and a server that merely stands still. */
export function crashes({ server, way }: Stand, scale: Scale): readonly Drill[] {
  const { writers, connections, slow, load } = scale;
  const { url } = server;
  return [
    // Fewer clients: what they write while the next process starts is all read again.
    under(killWriters, writers, url, load ?? { processes: 4, clients: 1 }),
    under(unheard(cut(way)), connections, way.url, load),
    under(unheard(swallow(way)), connections, way.url, load),
    under(badWay(way), slow, way.url, load),
    under(unheard(freeze(server, "less than the SDK's patience")), slow, url, load),
  ];
}

/** What DynamoDB Local loses of its last transactions when it is killed, which it acknowledges before they are in its file: seen with the SDK alone too, and nothing that the service does. */
export function lossesOfLocal(rounds: number): readonly Drill[] {
  const what = "kill -9 of DynamoDB Local and all clients";
  return [[what, (seed) => losses({ what, may: true }, rounds, { seed, fresh: frail })]];
}

/** No connection lives long enough for much. */
function badWay(way: Passage): Fault {
  return {
    what: `every connection reset within ${LIFE_MS} ms, for ${STILL_MS} ms`,
    async make() {
      for (let spent = 0; spent < STILL_MS; spent += LIFE_MS) {
        way.cut();
        await pause(LIFE_MS);
      }
    },
  };
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
