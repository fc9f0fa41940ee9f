import { checkGiven, type Backend, type BackendLimits } from "@perdure/checkpoint-core";
import { connect } from "./connection.ts";
import { keysOf } from "./keys.ts";
import { redisNotifier } from "./notifier.ts";
import { checked, type RedisBackendOptions } from "./options.ts";
import { readRecords, scanPage } from "./read.ts";
import { makeReady } from "./setup.ts";
import { dropPartition, type Target, writeBatch } from "./write.ts";

const limits: BackendLimits = {
  maxValueBytes: 4 * 1024 * 1024,
  maxKeyBytes: 1024,
  // `unpack` of Lua takes some 8,000 values, and a put is two of them.
  maxWrites: 1000,
  maxWriteBytes: 16 * 1024 * 1024,
  maxReadKeys: 1000,
};

/**
 * A backend on Redis, 6.2 or newer, one server or a Cluster. A partition is three keys in one slot; a read, a write, a drop and a page of a scan are one script each. Nothing is asked of
 * the server before the first use. `setup` looks at the server and refuses one that would lose what is written. Throws `INVALID_ARGUMENT` for options that cannot be, or that nobody knows.
 */
export function redisBackend(options: RedisBackendOptions): Backend {
  checkGiven("redisBackend", options);
  const settings = checked(options);
  const { place, keyPrefix, channelPrefix, timeoutMs, wait } = settings;
  const connection = connect(place, timeoutMs);
  const notifier = redisNotifier(connection, channelPrefix);
  const target = (name: string): Target => ({ name, keys: keysOf(keyPrefix, name), wait });
  return {
    name: "redis",
    limits,
    notifier,
    async setup(mode) {
      await connection.use((to) => makeReady(mode, to, settings));
    },
    read: (name, keys, now) =>
      connection.use(({ sender }) => readRecords(sender, keysOf(keyPrefix, name), keys, now)),
    scan: (name, range, now) =>
      connection.use(({ sender }) => scanPage(sender, keysOf(keyPrefix, name), range, now)),
    write: (name, batch) =>
      connection.use(async ({ sender }) => ({
        revision: await writeBatch(sender, target(name), batch),
      })),
    drop: (name, now, held) =>
      connection.use(({ sender }) => dropPartition(sender, target(name), now, held)),
    async [Symbol.asyncDispose]() {
      notifier.close();
      await connection.close();
    },
  };
}
