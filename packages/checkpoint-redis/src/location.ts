import { StorageError } from "@perdure/checkpoint-core";
import { fromIoRedis, type RedisClient } from "./client.ts";
import { namedBy, type Server } from "./url.ts";

/** Where Redis is: a client that is the caller's and stays open, or a server or a Cluster that a client is opened to here and closed with the store. */
export type RedisLocation = RedisGiven | RedisUrl | RedisNodes;

/** A `Redis` or a `Cluster` of ioredis 5 or 6, as it is. */
export interface RedisGiven {
  readonly client: RedisClient;
  readonly url?: undefined;
  readonly nodes?: undefined;
}

/**
 * A server by its URL: `redis://user:password@host:6379/0`, or `rediss://…` for TLS. Its query may say `keyPrefix`, `family` (4 or 6) and `cluster=true` for the one node of a Cluster that
 * tells of the others.
 */
export interface RedisUrl {
  readonly url: string;
  readonly client?: undefined;
  readonly nodes?: undefined;
}

/** Some nodes of a Cluster by their URLs, which all name the same user and password. */
export interface RedisNodes {
  readonly nodes: readonly string[];
  readonly client?: undefined;
  readonly url?: undefined;
}

/** A location that was checked. */
export type Place =
  | { readonly client: RedisClient }
  | { readonly servers: readonly [Server, ...Server[]]; readonly cluster: boolean };

/** Where a location is, and the key prefix that its URL names; `INVALID_ARGUMENT` where it says no place, or one that cannot be. */
export function placeOf({ client, url, nodes }: RedisLocation): {
  readonly place: Place;
  readonly keyPrefix?: string;
} {
  if ([client, url, nodes].filter((given) => given !== undefined).length !== 1)
    throw invalid("A Redis store has one place: a `client`, a `url` or `nodes`.");
  if (client !== undefined) return { place: { client: fromIoRedis(client) } };
  if (nodes !== undefined) return { place: { servers: clusterOf(nodes), cluster: true } };
  const { server, cluster, keyPrefix } = namedBy(url);
  const place = { servers: [server], cluster } as const;
  return keyPrefix === undefined ? { place } : { place, keyPrefix };
}

function clusterOf(nodes: unknown): [Server, ...Server[]] {
  const urls: readonly unknown[] = Array.isArray(nodes) ? nodes : [];
  const [first, ...others] = urls.map((url) => {
    const { server, keyPrefix } = namedBy(url);
    if (keyPrefix !== undefined || server.db !== undefined)
      throw invalid("The URL of a node names no database, and no `keyPrefix`: that stands beside.");
    return server;
  });
  if (first) return [first, ...others];
  throw invalid("`nodes` are the URLs of nodes of a Redis Cluster, one at least.");
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
