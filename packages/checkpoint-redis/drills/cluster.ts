import { setTimeout as pause } from "node:timers/promises";
import { between, type Fault, type Frail } from "@perdure/drills";
import { type OwnServer, type RedisCluster, redisCluster } from "@perdure/engines";
import type { RedisBackendOptions } from "@perdure/checkpoint-redis";
import { moveSlot } from "../test/cluster/moveSlot.ts";
import { always, asOwner, placeOf } from "./places.ts";

/** Milliseconds by which a replica lags behind when its primary dies. */
const LAG_MS = 300;
/** How long a cluster may take to agree. */
const PATIENCE_MS = 30_000;

/** Three primaries with an append-only file, and a replica of each. */
export function durableCluster(): Promise<RedisCluster> {
  return redisCluster({ settings: always, replicated: true });
}

/** The URLs of all nodes. */
export function nodesOf({ nodes, replicas }: RedisCluster): readonly string[] {
  return [...nodes, ...replicas].map(({ url }) => url);
}

/** SIGKILL to one node after the other, primary or replica, back before anybody has taken its place. */
export function killNode({ nodes, replicas }: RedisCluster): Fault {
  return {
    what: "Cluster: kill -9 of a node, started again up to 300 ms later",
    async make(_, random) {
      const all = [...nodes, ...replicas];
      const node = all[between(random, 0, all.length - 1)];
      await node?.kill();
      await pause(between(random, 0, 300));
      await node?.start();
      for (const each of all) await until(() => isWhole(each));
    },
  };
}

/** A slot in which something is goes to another primary, key by key, while its partition is written. */
export function reshard(cluster: RedisCluster): Fault {
  return {
    what: "Cluster: a slot with partitions in it moved to another node",
    async make(_, random) {
      const primaries = await primariesOf(cluster);
      const slots = new Set<number>();
      for (const node of primaries)
        await asOwner(node, async (client) => {
          for (const key of await client.keys("*")) slots.add(await client.cluster("KEYSLOT", key));
        });
      const slot = [...slots][between(random, 0, slots.size - 1)];
      if (slot !== undefined) await moveSlot({ nodes: primaries }, slot);
    },
  };
}

/** A replica takes its primary's place in agreement with it. */
export function changeover({ nodes, replicas }: RedisCluster): Fault {
  return {
    what: "Cluster: CLUSTER FAILOVER, a replica and its primary change places",
    async make(_, random) {
      const at = between(random, 0, nodes.length - 1);
      const pair = [nodes[at], replicas[at]];
      for (const node of pair)
        if (node && !(await isPrimary(node))) {
          await asOwner(node, (client) => client.cluster("FAILOVER"));
          await until(() => isPrimary(node));
          return;
        }
    },
  };
}

/** A cluster in which a primary dies for good, with all clients, after its replica was cut off for a moment; the replica takes its place. */
export async function frailCluster(
  options: Pick<RedisBackendOptions, "wait"> = {},
): Promise<Frail> {
  const cluster = await durableCluster();
  const [primary] = cluster.nodes;
  const [replica] = cluster.replicas;
  const place = await placeOf({ nodes: nodesOf(cluster), ...options });
  return {
    ...place,
    async kill() {
      if (!primary || !replica) return;
      // It stands still, so that it does not come back to the connection that is closed.
      await replica.freeze();
      await asOwner(primary, (client) => client.call("CLIENT", "KILL", "TYPE", "replica"));
      await pause(LAG_MS);
      await primary.kill();
      await replica.thaw();
    },
    async start() {
      if (replica) await until(() => isPrimary(replica));
      for (const node of [...cluster.nodes.slice(1), ...cluster.replicas])
        await until(() => isWhole(node));
    },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

async function primariesOf({ nodes, replicas }: RedisCluster): Promise<readonly OwnServer[]> {
  const all = [...nodes, ...replicas];
  const are = await Promise.all(all.map(isPrimary));
  return all.filter((_, at) => are[at]);
}

async function isPrimary(node: OwnServer): Promise<boolean> {
  return (await asOwner(node, (client) => client.role())).includes("master");
}

async function isWhole(node: OwnServer): Promise<boolean> {
  const info = await asOwner(node, (client) => client.cluster("INFO"));
  return info.includes("cluster_state:ok");
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const late = Date.now() + PATIENCE_MS; !(await isSo()); await pause(20))
    if (Date.now() > late) throw new Error("The nodes of the cluster do not agree.");
}
