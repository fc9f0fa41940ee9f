import { type Frail, type Place, type Stand, standOn } from "@perdure/drills";
import { freshName, type OwnServer, ownServer } from "@perdure/engines";
import { redisBackend, type RedisBackendOptions } from "@perdure/checkpoint-redis";
import { Redis } from "ioredis";

/** What each process of a drill opens its backend with. */
export const moduleUrl = new URL("open.ts", import.meta.url);

/** Settings under which nothing that was acknowledged is lost with the server. */
export const always = { appendonly: "yes", appendfsync: "always" } as const;

/** A place of these options under a prefix of its own, set up. */
export async function placeOf(options: RedisBackendOptions): Promise<Place> {
  const own = { keyPrefix: `${freshName()}:`, ...options } as RedisBackendOptions;
  await using backend = redisBackend(own);
  await backend.setup("create");
  return { module: moduleUrl, given: JSON.stringify(own) };
}

/** A server that syncs each write. */
export async function durableStand(): Promise<Stand> {
  return standOn(await ownServer("redis", { settings: always }));
}

/** A server of its own with these settings. */
export async function frail(settings: Readonly<Record<string, string>>): Promise<Frail> {
  const server = await ownServer("redis", { settings });
  return { ...server, ...(await placeOf({ url: server.url })) };
}

/** Uses a client of its own. */
export async function asOwner<T>(
  { url }: Pick<OwnServer, "url">,
  work: (client: Redis) => Promise<T>,
): Promise<T> {
  const client = new Redis(url);
  // What goes wrong with it is told to its calls.
  client.on("error", () => undefined);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}
