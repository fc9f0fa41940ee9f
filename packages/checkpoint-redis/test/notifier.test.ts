import type { Notifier } from "@perdure/checkpoint-core";
import { redisBackend, redisStore } from "@perdure/checkpoint-redis";
import { freshName, ownServer, passage } from "@perdure/engines";
import { describeOn } from "@perdure/engines/vitest";
import { Redis } from "ioredis";
import { describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { type AnyRedis, majors, newPlace } from "./places.ts";

const topic = "s/1.a/\ud83d\ude00\ud800";

/** A backend on a client of its own, whose notifier tells others. */
function opened(client: AnyRedis, keyPrefix: string) {
  client.on("error", () => undefined);
  const backend = redisBackend({ client, keyPrefix });
  onTestFinished(async () => {
    await backend[Symbol.asyncDispose]();
    client.disconnect();
  });
  const { notifier } = backend;
  if (!notifier) throw new Error("A Redis backend has a notifier.");
  return { backend, notifier, client };
}

/** Resolves when the topic is woken. */
function woken(notifier: Notifier, name = topic): Promise<void> {
  return new Promise((resolve) => {
    const stop = notifier.subscribe(name, () => {
      resolve();
      stop();
    });
  });
}

/** Subscribes, and resolves once the channel is open. */
async function listening(notifier: Notifier, name = topic) {
  const wake = vi.fn<() => void>();
  const stop = notifier.subscribe(name, wake);
  await vi.waitFor(() => expect(wake).toHaveBeenCalled());
  wake.mockClear();
  return { wake, stop };
}

async function connections(client: AnyRedis): Promise<number> {
  return String(await client.client("LIST"))
    .trim()
    .split("\n").length;
}

describeOn("redis", "the notifier", () => {
  describe.each(majors)("%s", (_, open) => {
    test("wakes who has subscribed to the topic in another process, whatever it is called, and nobody else", async () => {
      const keyPrefix = `${freshName()}:`;
      const one = opened(open(inject("redisUrl")), keyPrefix);
      const other = opened(open(inject("redisUrl")), keyPrefix);
      const apart = opened(open(inject("redisUrl")), `${keyPrefix}apart:`);
      expect(one.notifier.reach).toBe("storage");
      const subscribed = await listening(one.notifier);
      const elsewhere = await listening(one.notifier, "another");
      const strange = await listening(apart.notifier);
      await other.notifier.publish(topic);
      await vi.waitFor(() => expect(subscribed.wake).toHaveBeenCalledTimes(1));
      subscribed.stop();
      await other.notifier.publish(topic);
      await other.notifier.publish("another");
      await vi.waitFor(() => expect(elsewhere.wake).toHaveBeenCalledTimes(1));
      expect(subscribed.wake).toHaveBeenCalledTimes(1);
      expect(strange.wake).not.toHaveBeenCalled();
    });

    test("opens one connection with the first subscriber and closes it with the last, or with the backend", async () => {
      await using server = await ownServer("redis");
      const { notifier, backend, client } = opened(open(server.url), "p:");
      const before = await connections(client);
      const first = await listening(notifier);
      const second = await listening(notifier, "another");
      expect(await connections(client)).toBe(before + 1);
      first.stop();
      first.stop();
      expect(await connections(client)).toBe(before + 1);
      second.stop();
      await vi.waitFor(async () => expect(await connections(client)).toBe(before));
      await listening(notifier);
      expect(await connections(client)).toBe(before + 1);
      await backend[Symbol.asyncDispose]();
      await vi.waitFor(async () => expect(await connections(client)).toBe(before));
      expect(await client.ping()).toBe("PONG");
    });

    test.each([
      {},
      { autoResubscribe: false },
      { enableOfflineQueue: false },
      { lazyConnect: true, maxRetriesPerRequest: 0 },
    ])("with %j wakes all when its connection comes back, and hears again", async (options) => {
      const way = await passage(inject("redisUrl"));
      const plain = open(way.url);
      plain.on("error", () => undefined);
      onTestFinished(async () => {
        plain.disconnect();
        await way[Symbol.asyncDispose]();
      });
      const keyPrefix = `${freshName()}:`;
      const { notifier } = opened(plain.duplicate(options as never), keyPrefix);
      const other = opened(open(inject("redisUrl")), keyPrefix);
      const { wake } = await listening(notifier);
      way.cut();
      await vi.waitFor(() => expect(wake).toHaveBeenCalled());
      await vi.waitFor(async () => {
        wake.mockClear();
        await other.notifier.publish(topic);
        await vi.waitFor(() => expect(wake).toHaveBeenCalled(), 100);
      }, 5000);
    });
  });

  test("has its client's own key prefix before its channels too, which a user may be kept to", async () => {
    await using server = await ownServer("redis");
    const owner = new Redis(server.url);
    onTestFinished(() => owner.disconnect());
    const rights = ["on", ">secret", "~app:*", "resetchannels", "&app:*", "+@all"];
    await owner.acl("SETUSER", "app", ...rights);
    const client = () =>
      new Redis(server.url, { username: "app", password: "secret", keyPrefix: "app:" });
    const [one, other] = [opened(client(), "p:"), opened(client(), "p:")];
    const { wake } = await listening(one.notifier);
    await vi.waitFor(async () =>
      expect(await owner.pubsub("CHANNELS")).toEqual([expect.stringMatching(/^app:p:!/)]),
    );
    wake.mockClear();
    await other.notifier.publish(topic);
    await vi.waitFor(() => expect(wake).toHaveBeenCalled());
  });

  test("a server that cannot be reached fails neither who publishes nor who subscribes", async () => {
    const client = new Redis("redis://127.0.0.1:1", { maxRetriesPerRequest: 0 });
    const { notifier } = opened(client, "p:");
    await notifier.publish(topic);
    await woken(notifier);
  });

  test("a follower in one process hears of events that another one appends", async () => {
    const client = new Redis(inject("redisUrl"));
    const { keyPrefix, remove } = newPlace(client);
    onTestFinished(async () => {
      await remove();
      client.disconnect();
    });
    const forever = {
      wait: (_ms: number, signal: AbortSignal) =>
        new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          else signal.addEventListener("abort", () => resolve());
        }),
    };
    const reader = redisStore({ client, keyPrefix, timer: forever });
    const writer = redisStore({ client, keyPrefix });
    await writer.streams.append("s", ["a"], { threadId: "t" });
    const seen: unknown[] = [];
    for await (const { value, index } of reader.streams.follow("s")) {
      seen.push(value);
      if (index === 0) await writer.streams.append("s", ["b"], { threadId: "t" });
      else await writer.streams.end("s");
    }
    expect(seen).toEqual(["a", "b"]);
  });
});
