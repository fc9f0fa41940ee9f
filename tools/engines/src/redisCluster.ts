import { setTimeout as wait } from "node:timers/promises";
import { Redis } from "ioredis";
import type { OwnServer } from "./contract.ts";
import { ownServer } from "./ownServer.ts";
import { type Settings, TO_BUS } from "./plan.ts";

/** A Redis Cluster of primaries on this machine; every slot is somebody's. */
export interface RedisCluster extends AsyncDisposable {
  /** Servers that can be killed and started one by one. */
  readonly nodes: readonly OwnServer[];
  /** For `new Cluster(nodes)`. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
}

const SLOTS = 16_384;
/** How long the nodes may take to agree. */
const PATIENCE = 30_000;

/** Starts the nodes and resolves when each of them calls the cluster whole. */
export async function redisCluster({
  nodes: count = 3,
  settings = {},
}: {
  readonly nodes?: number;
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
  const nodes = await Promise.all(
    Array.from({ length: count }, async () =>
      started.use(await ownServer("redis", { settings: clustered })),
    ),
  );
  const clients = nodes.map(({ url }) => new Redis(url));
  try {
    await join(clients);
  } finally {
    for (const client of clients) client.disconnect();
  }
  const owned = started.move();
  return {
    nodes,
    addresses: nodes.map(({ url }) => ({ host: "127.0.0.1", port: Number(new URL(url).port) })),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function join(clients: readonly Redis[]): Promise<void> {
  for (const [index, client] of clients.entries()) {
    const from = Math.ceil((index * SLOTS) / clients.length);
    const to = Math.ceil(((index + 1) * SLOTS) / clients.length) - 1;
    await client.cluster("ADDSLOTSRANGE", from, to);
    await client.cluster("SET-CONFIG-EPOCH", index + 1);
  }
  const [first, ...others] = clients;
  for (const { options } of others) {
    const port = options.port ?? 0;
    await first?.call("CLUSTER", "MEET", "127.0.0.1", port, port + TO_BUS);
  }
  const until = Date.now() + PATIENCE;
  for (const client of clients)
    while (!(await whole(client, clients.length))) {
      if (Date.now() > until) throw new Error("The nodes of the cluster do not agree.");
      await wait(50);
    }
}

async function whole(client: Redis, count: number): Promise<boolean> {
  const info = await client.cluster("INFO");
  return info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${count}\r`);
}
