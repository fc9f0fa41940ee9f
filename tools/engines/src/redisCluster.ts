import { setTimeout as wait } from "node:timers/promises";
import { Redis } from "ioredis";
import type { OwnServer } from "./contract.ts";
import { ownServer } from "./ownServer.ts";
import { type Settings, TO_BUS } from "./plan.ts";

/** A Redis Cluster on this machine; every slot is somebody's. */
export interface RedisCluster extends AsyncDisposable {
  /** The primaries, in the beginning. Servers that can be killed and started one by one. */
  readonly nodes: readonly OwnServer[];
  /** Where they were asked for: the replica of each primary, in their order. */
  readonly replicas: readonly OwnServer[];
  /** For `new Cluster(nodes)`. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
}

const SLOTS = 16_384;
/** How long the nodes may take to agree. */
const PATIENCE = 30_000;

/** Starts the nodes and resolves when each of them calls the cluster whole, and each replica has what its primary has. */
export async function redisCluster({
  nodes: count = 3,
  replicated = false,
  settings = {},
}: {
  readonly nodes?: number;
  /** Whether each primary has a replica. */
  readonly replicated?: boolean;
  readonly settings?: Settings;
} = {}): Promise<RedisCluster> {
  await using started = new AsyncDisposableStack();
  const clustered = {
    "cluster-enabled": "yes",
    "cluster-port": "{bus}",
    "cluster-config-file": "nodes.conf",
    "cluster-node-timeout": "2000",
    ...settings,
  };
  const all = await Promise.all(
    Array.from({ length: replicated ? 2 * count : count }, async () =>
      started.use(await ownServer("redis", { settings: clustered })),
    ),
  );
  const clients = all.map(({ url }) => new Redis(url));
  const nodes = all.slice(0, count);
  try {
    await join(clients, count);
  } finally {
    for (const client of clients) client.disconnect();
  }
  const owned = started.move();
  return {
    nodes,
    replicas: all.slice(count),
    addresses: nodes.map(({ url }) => ({ host: "127.0.0.1", port: Number(new URL(url).port) })),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The first of them are the primaries, the others their replicas. */
async function join(clients: readonly Redis[], primaries: number): Promise<void> {
  for (const [index, client] of clients.slice(0, primaries).entries()) {
    const from = Math.ceil((index * SLOTS) / primaries);
    const to = Math.ceil(((index + 1) * SLOTS) / primaries) - 1;
    await client.cluster("ADDSLOTSRANGE", from, to);
    await client.cluster("SET-CONFIG-EPOCH", index + 1);
  }
  const [first, ...others] = clients;
  for (const { options } of others) {
    const port = options.port ?? 0;
    await first?.call("CLUSTER", "MEET", "127.0.0.1", port, port + TO_BUS);
  }
  for (const client of clients) await agreed(() => whole(client, clients.length));
  for (const [index, replica] of clients.slice(primaries).entries()) {
    const id = await clients[index]?.cluster("MYID");
    await replica.cluster("REPLICATE", id ?? "");
    await agreed(async () => (await replica.role()).includes("connected"));
    for (const client of clients) await agreed(() => follows(client, replica));
  }
}

async function agreed(isSo: () => Promise<boolean>): Promise<void> {
  for (const until = Date.now() + PATIENCE; !(await isSo()); await wait(50))
    if (Date.now() > until) throw new Error("The nodes of the cluster do not agree.");
}

async function whole(client: Redis, count: number): Promise<boolean> {
  const info = await client.cluster("INFO");
  return info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${count}\r`);
}

/** Does the node know that the other one is a replica? */
async function follows(client: Redis, replica: Redis): Promise<boolean> {
  const nodes = String(await client.cluster("NODES")).split("\n");
  return nodes.some((line) => line.includes(`:${replica.options.port}@`) && line.includes("slave"));
}
