import { StorageError } from "@perdure/checkpoint-core";

/**
 * A connection to Redis: a `Redis` or a `Cluster` of ioredis 5 or 6, as it is. It is not imported here, and what was passed in is never closed. Of its options those count that say which keys a
 * command means (`keyPrefix`) and which server answers (`scaleReads`, `role`, `readOnly`).
 */
export interface RedisClient {
  readonly status: string;
  readonly options: object;
  readonly isCluster: boolean;
  callBuffer(command: string, args: (string | Buffer | number)[]): Promise<unknown>;
  // oxlint-disable-next-line typescript/method-signature-style -- a method, so that both majors' commands fit
  sendCommand(command: never, stream?: never, node?: never): unknown;
  duplicate(): RedisSubscriber;
  /** A Cluster's connections to its nodes. */
  nodes?(role?: "all" | "master" | "slave"): RedisClient[];
}

/** What a second connection is used for here. */
export interface RedisSubscriber {
  on(event: string, listener: (...values: unknown[]) => void): unknown;
  subscribe(...channels: string[]): Promise<unknown>;
  unsubscribe(...channels: string[]): Promise<unknown>;
  disconnect(): void;
}

/** The client as it is, for those who come from Ziro's packages and write `{ client: fromIoRedis(redis) }`. Throws `INVALID_ARGUMENT` for what is no client of ioredis. */
export function fromIoRedis(client: RedisClient): RedisClient {
  if (isClient(client)) return client;
  throw new StorageError("INVALID_ARGUMENT", "`client` is no `Redis` or `Cluster` of ioredis.");
}

function isClient(value: unknown): value is RedisClient {
  if (typeof value !== "object" || value === null) return false;
  return ["callBuffer", "sendCommand", "duplicate"].every(
    (name) => typeof (value as Readonly<Record<string, unknown>>)[name] === "function",
  );
}
