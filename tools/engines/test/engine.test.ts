import { Client } from "pg";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { engine, freshName, ownServer, passage, pgbouncer, redisCluster } from "../src/index.ts";

test("two who ask for an engine get one server", async () => {
  await using first = await engine("redis");
  await using second = await engine("redis");
  expect(second.url).toBe(first.url);
});

test("postgres answers, is killed, and comes back with what it had", async () => {
  await using server = await ownServer("postgres");
  const name = freshName();
  const client = new Client(server.url);
  client.on("error", () => {});
  await client.connect();
  await client.query(`create table ${name} (a int)`);
  await client.query(`insert into ${name} values (1)`);
  const ended = new Promise((resolve) => client.once("end", resolve));
  await server.kill();
  await ended;
  await server.start();
  await using way = await passage(server.url);
  await using bouncer = await pgbouncer(way.url);
  const next = new Client(bouncer.url);
  await next.connect();
  expect((await next.query(`select a from ${name}`)).rows).toEqual([{ a: 1 }]);
  await next.end();
});

test("cluster", async () => {
  await using cluster = await redisCluster();
  expect(cluster.nodes).toHaveLength(3);
  const r = new Redis(cluster.nodes[0]?.url ?? "");
  expect(await r.cluster("INFO")).toContain("cluster_state:ok");
  r.disconnect();
});
