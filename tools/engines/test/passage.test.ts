import { Redis } from "ioredis";
import { Client } from "pg";
import { expect, inject, test } from "vitest";
import { freshName, passage, pgbouncer, redisCluster } from "../src/index.ts";
import { describeOn } from "../src/suite.ts";

/** A client that neither reconnects nor repeats. */
function plain(url: string): Redis {
  const client = new Redis(url, { retryStrategy: () => undefined, maxRetriesPerRequest: 0 });
  client.on("error", () => {});
  return client;
}

describeOn("redis", "a passage", () => {
  test("lets through what is asked and answered, in order, also while answers wait", async () => {
    await using way = await passage(inject("redisUrl"));
    const client = plain(way.url);
    const key = freshName();
    const large = "x".repeat(3_000_000);
    await client.set(key, large);
    way.delay(5);
    const answers = await Promise.all([client.get(key), client.incr(`${key}n`), client.get(key)]);
    expect(answers).toEqual([large, 1, large]);
    await client.del(key, `${key}n`);
    client.disconnect();
  });

  test("cuts the connections that are open, and takes new ones", async () => {
    await using way = await passage(inject("redisUrl"));
    const client = plain(way.url);
    await client.ping();
    const closed = new Promise((resolve) => client.once("close", resolve));
    way.cut();
    await closed;
    const next = plain(way.url);
    expect(await next.ping()).toBe("PONG");
    next.disconnect();
  });

  test("swallows an answer: what was asked is done, and nobody is told", async () => {
    await using way = await passage(inject("redisUrl"));
    const [client, direct] = [plain(way.url), plain(inject("redisUrl"))];
    const key = freshName();
    await client.ping();
    way.swallow();
    await expect(client.set(key, "1")).rejects.toThrow();
    expect(await direct.get(key)).toBe("1");
    const next = plain(way.url);
    expect(await next.del(key)).toBe(1);
    for (const one of [next, direct]) one.disconnect();
  });
});

describeOn("redis", "a cluster", () => {
  test("has every slot on three nodes, which die and come back one by one", async () => {
    await using cluster = await redisCluster({ nodes: 3 });
    const [first, second] = cluster.nodes;
    const { Cluster } = await import("ioredis");
    const client = new Cluster([...cluster.addresses]);
    const keys = Array.from({ length: 300 }, (_, index) => `key:${index}`);
    await Promise.all(keys.map((key) => client.set(key, key)));
    expect(await Promise.all(keys.map((key) => client.get(key)))).toEqual(keys);
    client.disconnect();
    await second?.kill();
    const direct = plain(first?.url ?? "");
    expect(await direct.ping()).toBe("PONG");
    await second?.start();
    const back = plain(second?.url ?? "");
    expect(await back.cluster("INFO")).toContain("cluster_known_nodes:3");
    for (const one of [direct, back]) one.disconnect();
  });
});

describeOn(["postgres", "pgbouncer"], "pgbouncer", () => {
  test("gives many clients a connection for a transaction at a time", async () => {
    await using pool = await pgbouncer(inject("postgresUrl"));
    const clients = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const client = new Client(pool.url);
        await client.connect();
        return client;
      }),
    );
    const asked = clients.map(async (client) => {
      const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
      return rows[0]?.pid;
    });
    expect(new Set(await Promise.all(asked)).size).toBeLessThanOrEqual(20);
    await Promise.all(clients.map((client) => client.end()));
  });
});
