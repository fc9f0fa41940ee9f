import { freshName } from "@perdure/engines";
import { redisBackend } from "@perdure/checkpoint-redis";
import { type Cluster, Redis } from "ioredis";
import { type Cluster as Cluster5, Redis as Redis5 } from "ioredis-5";

/** A client of either major, whatever it is connected to. */
export type AnyRedis = Redis | Redis5;

/** A client of a Cluster of either major. */
export type AnyCluster = Cluster | Cluster5;

type Major = readonly [name: string, open: (url: string) => AnyRedis];

/** The majors that the tests run on. */
export const majors: readonly [Major, Major] = [
  ["ioredis 6", (url) => new Redis(url)],
  ["ioredis 5", (url) => new Redis5(url)],
];

/** A place in a server that nobody else uses; `remove` leaves nothing of it. */
export interface Place {
  readonly keyPrefix: string;
  readonly remove: () => Promise<void>;
}

/** A key prefix of its own in what the client is connected to. */
export function newPlace(client: AnyRedis | AnyCluster): Place {
  const keyPrefix = `${freshName()}:`;
  return {
    keyPrefix,
    async remove() {
      const nodes: AnyRedis[] = "nodes" in client ? client.nodes("master") : [client];
      for (const node of nodes) {
        const keys = await keysWith(node, keyPrefix);
        await Promise.all(keys.map((key) => node.unlink(key)));
      }
    },
  };
}

/** All keys of one server that begin so. */
export async function keysWith(node: AnyRedis, keyPrefix: string): Promise<string[]> {
  const keys: string[] = [];
  let cursor = "0";
  do {
    const [next, found] = await node.scan(cursor, "MATCH", `${keyPrefix}*`, "COUNT", 10_000);
    keys.push(...found);
    cursor = next;
  } while (cursor !== "0");
  return keys;
}

/** A backend in a place of its own, for the suites of the kit. */
export async function newBackend(client: AnyRedis | AnyCluster) {
  const { keyPrefix, remove } = newPlace(client);
  const open = () => redisBackend({ client, keyPrefix });
  const backend = open();
  return {
    backend,
    another: async () => open(),
    async dispose() {
      await backend[Symbol.asyncDispose]();
      await remove();
    },
  };
}
