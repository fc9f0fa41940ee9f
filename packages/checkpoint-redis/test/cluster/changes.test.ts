import { setTimeout as sleep } from "node:timers/promises";
import { type Backend, prefixRange } from "@perdure/checkpoint-core";
import { redisBackend } from "@perdure/checkpoint-redis";
import {
  freshName,
  type Passage,
  passage,
  type RedisCluster,
  redisCluster,
} from "@perdure/engines";
import { describeOn } from "@perdure/engines/vitest";
import { Cluster, Redis } from "ioredis";
import { Cluster as Cluster5 } from "ioredis-5";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import type { AnyCluster } from "../places.ts";
import { disagreement, moveSlot } from "./moveSlot.ts";

const name = "t/1.p";

type NatMap = Readonly<Record<string, { readonly host: string; readonly port: number }>>;

const clients = [
  ["ioredis 6", (nodes: string[], natMap: NatMap) => new Cluster(nodes, { natMap })],
  ["ioredis 5", (nodes: string[], natMap: NatMap) => new Cluster5(nodes, { natMap })],
] as const;

function append(
  backend: Backend,
  text: string,
  partition = name,
): Promise<{ readonly revision: number }> {
  return backend.write(partition, {
    writes: [{ op: "append", prefix: "x/", value: Buffer.from(text) }],
    now: 1,
  });
}

async function texts(backend: Backend, partition = name): Promise<string[]> {
  const { records } = await backend.scan(partition, { ...prefixRange("x/"), limit: 5000 }, 1);
  return records.map(({ value }) => Buffer.from(value).toString());
}

describeOn("redis", "a cluster that changes", () => {
  const servers = new AsyncDisposableStack();
  let cluster: RedisCluster;
  let ways: Passage[];
  beforeAll(async () => {
    cluster = servers.use(await redisCluster());
    ways = await Promise.all(cluster.nodes.map(({ url }) => passage(url)));
    for (const way of ways) servers.use(way);
  });
  afterAll(() => servers.disposeAsync());

  /** A client whose ways to all nodes can be cut, and a backend in a place of its own. */
  async function byPassages(open: (nodes: string[], natMap: NatMap) => AnyCluster) {
    const natMap = Object.fromEntries(
      cluster.nodes.map(({ url }, at) => [
        new URL(url).host,
        { host: "127.0.0.1", port: Number(new URL(ways[at]?.url ?? "").port) },
      ]),
    );
    const client = open([ways[0]?.url ?? ""], natMap);
    onTestFinished(() => client.disconnect());
    client.on("error", () => undefined);
    const keyPrefix = `${freshName()}:`;
    const backend = redisBackend({ client, keyPrefix });
    await backend.setup("create");
    return { client, keyPrefix, backend };
  }

  describe.each(clients)("%s", (_, open) => {
    test("a write whose answer was lost is UNAVAILABLE and was done once, though a Cluster sends it again by itself", async () => {
      const { client, keyPrefix, backend } = await byPassages(open);
      await append(backend, "before");
      for (const way of ways) way.swallow();
      expect(await client.rpush(`${keyPrefix}list`, "once")).toBe(2);
      expect(await texts(backend)).toEqual(["before"]);
      for (const way of ways) way.swallow();
      await expect(append(backend, "lost")).rejects.toMatchObject({ code: "UNAVAILABLE" });
      expect(await texts(backend)).toEqual(["before", "lost"]);
      expect(await append(backend, "after")).toEqual({ revision: 3 });
    });

    test("a write that two nodes send to each other is done, once, when they agree", async () => {
      const { client, keyPrefix, backend } = await byPassages(open);
      // A slot of its own: nodes don't give away what they hold keys for.
      const own = `t/1.${freshName()}`;
      const slot = await client.cluster("KEYSLOT", `${keyPrefix}{${own}}v`);
      const agree = await disagreement(cluster, slot);
      const told = append(backend, "once", own);
      const early = await Promise.race([told, sleep(300, "nothing yet")]);
      await agree();
      expect(early).toBe("nothing yet");
      expect(await told).toEqual({ revision: 1 });
      expect(await texts(backend, own)).toEqual(["once"]);
    });

    test("writers notice nothing of a partition that moves to another node, and back", async () => {
      const { client, keyPrefix, backend } = await byPassages(open);
      const slot = await client.cluster("KEYSLOT", `${keyPrefix}{${name}}v`);
      const written: string[] = [];
      const moving = { over: false };
      const write = async (): Promise<void> => {
        while (!moving.over) {
          const text = String(written.length);
          await append(backend, text);
          written.push(text);
        }
      };
      const writing = write();
      for (let move = 0; move < 4; move += 1) {
        await moveSlot(cluster, slot);
        const so = written.length;
        await vi.waitFor(() => expect(written.length).toBeGreaterThan(so + 10), 30_000);
      }
      moving.over = true;
      await writing;
      expect(await texts(backend)).toEqual(written);
    });
  });

  test("a Cluster is opened by the URLs of some of its nodes, or of one", async () => {
    const urls = cluster.nodes.map(({ url }) => url);
    const keyPrefix = `${freshName()}:`;
    {
      await using backend = redisBackend({ nodes: urls.slice(1), keyPrefix });
      await backend.setup("create");
      await append(backend, "there");
      await backend.write("t/1.q", {
        writes: [{ op: "append", prefix: "x/", value: Buffer.alloc(1) }],
        now: 1,
      });
    }
    await using backend = redisBackend({
      url: `${urls[0]}?cluster=true&keyPrefix=${encodeURIComponent(keyPrefix)}`,
    });
    await backend.setup("verify");
    expect(await texts(backend)).toEqual(["there"]);
  });

  test("setup looks at every primary", async () => {
    const [, , third] = cluster.nodes;
    const client = new Redis(third?.url ?? "");
    onTestFinished(() => client.disconnect());
    const report = vi.fn<(servers: readonly object[]) => void>();
    await using backend = redisBackend({ nodes: cluster.nodes.map(({ url }) => url), report });
    await backend.setup("create");
    expect(report.mock.calls[0]?.[0]).toHaveLength(3);
    await client.config("SET", "maxmemory-policy", "allkeys-lru");
    await expect(backend.setup("verify")).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("allkeys-lru"),
    });
    await client.config("SET", "maxmemory-policy", "noeviction");
  });

  test("who has subscribed by one node hears of what is published by another", async () => {
    const options = { nodes: cluster.nodes.map(({ url }) => url), keyPrefix: "n:" };
    await using one = redisBackend(options);
    await using other = redisBackend(options);
    const wake = vi.fn<() => void>();
    const stop = one.notifier?.subscribe("s", wake);
    await vi.waitFor(() => expect(wake).toHaveBeenCalled());
    for (let told = 0; told < 5; told += 1) {
      wake.mockClear();
      await other.notifier?.publish("s");
      await vi.waitFor(() => expect(wake).toHaveBeenCalled());
    }
    stop?.();
  });
});
