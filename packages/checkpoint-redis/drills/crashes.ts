import {
  cut,
  type Drill,
  type Fault,
  freeze,
  killServer,
  killWriters,
  losses,
  type Scale,
  type Stand,
  swallow,
  TIMEOUT_MS,
  underLoad,
} from "@perdure/drills";
import type { RedisCluster } from "@perdure/engines";
import type { RedisBackendOptions } from "@perdure/checkpoint-redis";
import { changeover, frailCluster, killNode, nodesOf, reshard } from "./cluster.ts";
import { flushScripts, killBusy, killIdle } from "./faults.ts";
import { always, frail, placeOf } from "./places.ts";

/** Whatever dies under load: writers, the server, connections; and what merely stands still or forgets. The server syncs each write. */
export function crashes({ server, way }: Stand, scale: Scale): readonly Drill[] {
  const { writers, servers, connections, slow, load } = scale;
  const { url } = server;
  return [
    // Fewer clients: what they write while the next process starts is all read again.
    under(killWriters, writers, { url }, load ?? { processes: 4, clients: 1 }),
    under(killServer(server), servers, { url }, load),
    under(killBusy(server), connections, { url }, load),
    under(killIdle(server), connections, { url }, load),
    under(cut(way), connections, { url: way.url }, load),
    under(swallow(way), connections, { url: way.url }, load),
    under(
      freeze(server, `\`timeoutMs\` of ${TIMEOUT_MS}`),
      slow,
      { url, timeoutMs: TIMEOUT_MS },
      load,
    ),
    under(flushScripts(server), connections, { url }, load),
  ];
}

/** The same in a Cluster, and what only a Cluster does. */
export function clusterCrashes(cluster: RedisCluster, scale: Scale): readonly Drill[] {
  const { servers, connections, slow, load } = scale;
  const nodes = nodesOf(cluster);
  const { what, ...flush } = flushScripts(...cluster.nodes, ...cluster.replicas);
  return [
    under({ ...flush, what: `Cluster: ${what}` }, connections, { nodes }, load),
    under(reshard(cluster), servers, { nodes }, load),
    under(changeover(cluster), slow, { nodes }, load),
    under(killNode(cluster), slow, { nodes }, load),
  ];
}

/** What is lost with the server, by what it was told to keep. A process that is killed leaves to the system what it has handed over; a machine that loses its power does not. */
export function lossesBySetting(rounds: number): readonly Drill[] {
  const everysec = { appendonly: "yes", appendfsync: "everysec" };
  const never = { appendonly: "yes", appendfsync: "no" };
  const dies = "kill -9 of the server and all clients";
  return [
    lost(`${dies}, appendfsync always`, false, rounds, () => frail(always)),
    lost(`${dies}, appendfsync everysec`, true, rounds, () => frail(everysec)),
    lost(`${dies}, appendfsync no`, true, rounds, () => frail(never)),
    lost(`${dies}, no append-only file`, true, rounds, () => frail({ appendonly: "no" })),
    lost(
      "Cluster: a primary dies for good whose replica was cut off for 300 ms",
      true,
      rounds,
      () => frailCluster(),
    ),
    lost("the same, `wait: { replicas: 1 }`", false, rounds, () =>
      frailCluster({ wait: { replicas: 1, timeoutMs: 1000 } }),
    ),
  ];
}

function under(
  fault: Fault,
  times: number,
  options: RedisBackendOptions,
  load: Scale["load"],
): Drill {
  return [
    fault.what,
    async (seed) => underLoad(fault, times, { ...(await placeOf(options)), seed, ...load }),
  ];
}

function lost(
  what: string,
  may: boolean,
  times: number,
  fresh: Parameters<typeof losses>[2]["fresh"],
): Drill {
  return [what, (seed) => losses({ what, may }, times, { seed, fresh })];
}
