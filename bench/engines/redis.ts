import { randomUUID } from "node:crypto";
import { redisBackend } from "@perdure/checkpoint-redis";
import { Redis } from "ioredis";
import { type Engine, NOTE, type Raw, type Space } from "./engine.ts";

/** Keys that are asked for or removed in one go. */
const BATCH = 1000;

/** One script for one trip: Redis takes several commands at once otherwise only in as many answers. */
const INSERT_ONCE = `if redis.call('HSETNX', KEYS[1], 'o' .. ARGV[2], ARGV[3]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'c' .. redis.call('HLEN', KEYS[1]), ARGV[1], 'h', ARGV[3])
return 1`;

/** A server of our own that acknowledges what is on its disk, as the other engines do; and one that may lose the last second when the machine dies. */
export const DURABLE = { appendonly: "yes", appendfsync: "always" } as const;
export const EVERYSEC = { appendonly: "yes", appendfsync: "everysec" } as const;

/** Prefixes of a server, removed in the end. */
export async function redisEngine(
  url: string,
  name: "Redis" | "Redis, everysec" = "Redis",
): Promise<Engine> {
  const opened = new AsyncDisposableStack();
  const client = opened.adopt(new Redis(url), async (it) => void (await it.quit()));
  return {
    name,
    durability: await durability(client),
    space: async () => redisSpace(url, client, opened),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function redisSpace(url: string, admin: Redis, opened: AsyncDisposableStack): Space {
  const prefix = `perdure-bench-${randomUUID()}:`;
  opened.defer(async () => {
    for await (const keys of keysOf(admin, prefix)) await admin.unlink(keys);
  });
  const client = opened.adopt(new Redis(url), async (it) => void (await it.quit()));
  let sent = 0;
  const send = client.sendCommand.bind(client);
  client.sendCommand = (...words) => {
    sent += 1;
    return send(...words);
  };
  return {
    backend: () => opened.use(redisBackend({ client, keyPrefix: prefix })),
    raw: async () => rawRedis(client, prefix),
    bytes: () => prefixBytes(admin, prefix),
    trips: () => sent,
  };
}

function rawRedis(client: Redis, prefix: string): Raw {
  return {
    insert: (thread, body) => client.rpush(`${prefix}${thread}`, body),
    insertOnce: (thread, body, operation) =>
      client.eval(INSERT_ONCE, 1, `${prefix}once:${thread}`, body, operation, NOTE),
    read: async (thread) =>
      (await client.lrange(`${prefix}${thread}`, 0, -1)).map((body) => JSON.parse(body) as unknown),
    save: (thread, body) => client.set(`${prefix}whole:${thread}`, body),
    load: async (thread) => JSON.parse((await client.get(`${prefix}whole:${thread}`)) ?? "null"),
  };
}

/** What the keys take of the server's memory, each counted whole. */
async function prefixBytes(client: Redis, prefix: string): Promise<number> {
  let bytes = 0;
  for await (const keys of keysOf(client, prefix))
    for (const key of keys) bytes += Number(await client.memory("USAGE", key, "SAMPLES", 0));
  return bytes;
}

async function* keysOf(client: Redis, prefix: string): AsyncGenerator<string[]> {
  for await (const keys of client.scanStream({ match: `${prefix}*`, count: BATCH }))
    if ((keys as string[]).length > 0) yield keys as string[];
}

/** `7.0.15, appendonly yes, appendfsync everysec`. */
async function durability(client: Redis): Promise<string> {
  const [version] = /(?<=redis_version:)\S+/.exec(await client.info("server")) ?? ["?"];
  const said: string[] = [];
  for (const name of ["appendonly", "appendfsync"])
    said.push((await client.config("GET", name)).join(" "));
  return [version, ...said].join(", ");
}
