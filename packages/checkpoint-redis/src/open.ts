import { StorageError } from "@perdure/checkpoint-core";
import type { RedisClient } from "./client.ts";
import type { Place } from "./location.ts";
import type { Server } from "./url.ts";

/** A client that we opened, and therefore close. */
export interface OpenedClient extends RedisClient {
  on(event: string, listener: (...values: unknown[]) => void): unknown;
  disconnect(): void;
}

/** An opened client, and what is wrong with its connection. */
export interface Opened {
  readonly client: OpenedClient;
  /** The last thing that went wrong since it was connected. */
  trouble(): Error | undefined;
}

/** Tries at a connection before the commands that wait for it fail: some 3 seconds. */
const TRIES = 5;
/** Milliseconds between tries at most. */
const LONGEST_PAUSE_MS = 1000;

/** Opens a client that connects when it is first used. Throws `INVALID_ARGUMENT` when ioredis is not installed. */
export async function openClient({
  servers,
  cluster,
}: Exclude<Place, { readonly client: RedisClient }>): Promise<Opened> {
  const { Redis, Cluster } = await ioredis();
  const shared = {
    lazyConnect: true,
    maxRetriesPerRequest: TRIES,
    retryStrategy: pause,
    // A server that has become a replica says so, before Redis 7 behind the place in a script: the name may lead to another one by now.
    reconnectOnError: ({ message }: Error) => /\bREADONLY /.test(message),
  };
  const client = cluster
    ? new Cluster(servers.map(addressOf), { lazyConnect: true, redisOptions: loginOf(servers[0]) })
    : new Redis({ ...servers[0], ...shared });
  let trouble: Error | undefined;
  // What goes wrong is told to the calls; an error that nobody listens to would be printed.
  client.on("error", (error) => {
    if (error instanceof Error) trouble = error;
  });
  client.on("ready", () => {
    trouble = undefined;
  });
  return { client, trouble: () => trouble };
}

function pause(times: number): number {
  return Math.min(50 * 2 ** (times - 1), LONGEST_PAUSE_MS) * (0.5 + Math.random());
}

function addressOf({ host, port }: Server): object {
  return { host, port };
}

function loginOf({ host: _host, port: _port, ...login }: Server): object {
  return login;
}

interface Library {
  readonly Redis: new (options: object) => OpenedClient;
  readonly Cluster: new (nodes: readonly object[], options: object) => OpenedClient;
}

async function ioredis(): Promise<Library> {
  try {
    return (await import("ioredis")) as unknown as Library;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")
      throw new StorageError(
        "INVALID_ARGUMENT",
        "A Redis store that is given no `client` needs ioredis: npm install ioredis",
        { cause: error },
      );
    throw error;
  }
}
