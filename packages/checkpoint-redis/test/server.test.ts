import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createStore } from "@perdure/checkpoint-core";
import {
  redisBackend,
  type RedisBackendOptions,
  type RedisServerReport,
  redisStore,
} from "@perdure/checkpoint-redis";
import { ownServer } from "@perdure/engines";
import { describeOn } from "@perdure/engines/vitest";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test, vi } from "vitest";

/** A server with these settings and a client of it, both gone after the test. */
async function newServer(settings: Readonly<Record<string, string>> = {}) {
  const server = await ownServer("redis", { settings });
  const client = new Redis(server.url);
  client.on("error", () => undefined);
  onTestFinished(async () => {
    client.disconnect();
    await server[Symbol.asyncDispose]();
  });
  return { server, client, port: new URL(server.url).port };
}

/** What a setup reports of its one server. */
async function reportOf(
  client: Redis,
  options: Pick<RedisBackendOptions, "wait"> = {},
): Promise<RedisServerReport | undefined> {
  const reports: (readonly RedisServerReport[])[] = [];
  const backend = redisBackend({ client, ...options, report: (servers) => reports.push(servers) });
  await backend.setup("create");
  expect(reports).toHaveLength(1);
  expect(reports[0]).toHaveLength(1);
  return reports[0]?.[0];
}

const value = Buffer.alloc(1000, 1);

function put(key: string) {
  return { op: "put", key, value, expect: "any" } as const;
}

describeOn("redis", "what setup sees", () => {
  test.each([
    [{}, "none", "everything is lost"],
    [{ save: "3600 1" }, "snapshots", "after the last snapshot"],
    [{ appendonly: "yes" }, "everysec", "the last one or two seconds"],
    [{ appendonly: "yes", appendfsync: "no" }, "unsynced", "has not put on the disk"],
  ] as const)(
    "a server with %j keeps %s, and a note says so",
    async (settings, durability, note) => {
      const { client } = await newServer(settings);
      const report = await reportOf(client);
      expect(report).toMatchObject({ durability, eviction: "noeviction", replicas: 0 });
      expect(report?.version).toMatch(/^\d+\.\d+/);
      expect(report?.notes).toEqual([expect.stringContaining(note)]);
      const asked = redisBackend({ client, durability: "always" });
      await expect(asked.setup("verify")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    },
  );

  test("a server that syncs each write is durable as asked, and needs no note", async () => {
    const { client } = await newServer({ appendonly: "yes", appendfsync: "always" });
    expect(await reportOf(client)).toMatchObject({ durability: "always", notes: [] });
    await redisBackend({ client, durability: "always" }).setup("verify");
    await redisBackend({ client, durability: "snapshots" }).setup("verify");
  });

  test("a store that waits for more replicas than are there is told so", async () => {
    const { client } = await newServer({ appendonly: "yes", appendfsync: "always" });
    expect((await reportOf(client, { wait: { replicas: 2, timeoutMs: 10 } }))?.notes).toEqual([
      expect.stringContaining("waits for 2 replicas and 0 are connected"),
    ]);
  });

  test.each(["allkeys-lru", "allkeys-lfu", "allkeys-random"])(
    "a server that evicts by %s is refused, also to a user who may not see its settings",
    async (policy) => {
      const { client, server } = await newServer({ "maxmemory-policy": policy });
      const refused = { code: "INVALID_ARGUMENT", message: expect.stringContaining(policy) };
      for (const mode of ["create", "verify"] as const)
        await expect(redisBackend({ client }).setup(mode)).rejects.toMatchObject(refused);
      await expect(redisStore({ client }).checkpoints.put("t", {})).rejects.toMatchObject(refused);
      await client.acl("SETUSER", "app", "on", ">secret", "~*", "&*", "+@all", "-config");
      await using backend = redisBackend({ url: urlFor(server.url, "app") });
      await expect(backend.setup("create")).rejects.toMatchObject(refused);
      expect(await client.keys("*")).toEqual([]);
    },
  );

  test.each(["volatile-lru", "volatile-ttl"])(
    "a server that evicts by %s is taken: nothing here has a time to live",
    async (policy) => {
      const { client } = await newServer({ "maxmemory-policy": policy });
      expect(await reportOf(client)).toMatchObject({ eviction: policy });
      const store = redisStore({ client });
      await store.checkpoints.put("t", { step: 1 }, { operationId: "o", ttlMs: 1000 });
      for (const key of await client.keys("*")) expect(await client.ttl(key)).toBe(-1);
    },
  );

  test("a server that tells a user nothing is taken, with notes of what could not be seen", async () => {
    const { client, server } = await newServer();
    await client.acl("SETUSER", "app", "on", ">secret", "~*", "&*", "+@all", "-config", "-info");
    const app = new Redis(urlFor(server.url, "app"), { enableReadyCheck: false });
    onTestFinished(() => app.disconnect());
    expect(await reportOf(app)).toEqual({
      notes: [
        expect.stringContaining("does not say its maxmemory-policy"),
        expect.stringContaining("does not say what survives"),
      ],
    });
    const asked = redisBackend({ client: app, durability: "everysec" });
    await expect(asked.setup("verify")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("a replica is refused; a primary that has become one says so, wrote nothing, and answers no read", async () => {
    const { client, port } = await newServer();
    const replica = await newServer({ replicaof: `127.0.0.1 ${port}` });
    await expect(redisBackend({ client: replica.client }).setup("create")).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("replica"),
    });
    const backend = redisBackend({ client });
    await backend.setup("create");
    await client.replicaof("127.0.0.1", Number(replica.port));
    const write = backend.write("t/1.p", {
      writes: [{ op: "put", key: "a", value, expect: "any" }],
      now: 1,
    });
    const unavailable = { code: "UNAVAILABLE", retryable: true };
    await expect(write).rejects.toMatchObject(unavailable);
    expect(await client.exists("perdure:{t/1.p}v")).toBe(0);
    await expect(backend.read("t/1.p", ["a"], 1)).rejects.toMatchObject(unavailable);
    const scan = backend.scan("t/1.p", { from: "", to: "~", limit: 1 }, 1);
    await expect(scan).rejects.toMatchObject(unavailable);
  });

  test("a client of ours connects anew when its primary has become a replica: the name may lead to another one", async () => {
    const { client, server } = await newServer();
    await using backend = redisBackend({ url: server.url });
    await backend.setup("create");
    await client.replicaof("127.0.0.1", 1);
    const unavailable = { code: "UNAVAILABLE", retryable: true };
    const connections = async () =>
      Number(/total_connections_received:(\d+)/.exec(await client.info("stats"))?.[1]);
    const before = await connections();
    await expect(backend.read("t/1.p", ["a"], 1)).rejects.toMatchObject(unavailable);
    await vi.waitFor(async () => expect(await connections()).toBe(before + 1));
    await client.replicaof("NO", "ONE");
    expect(await backend.read("t/1.p", ["a"], 1)).toEqual([undefined]);
  });

  test("a primary that has lost the replicas that it must have (`min-replicas-to-write`) answers no read: another one may have taken its place", async () => {
    const { client } = await newServer();
    const backend = redisBackend({ client });
    await backend.setup("create");
    await client.config("SET", "min-replicas-to-write", "1");
    const unavailable = { code: "UNAVAILABLE", retryable: true };
    await expect(backend.read("t/1.p", ["a"], 1)).rejects.toMatchObject(unavailable);
    const scan = backend.scan("t/1.p", { from: "", to: "~", limit: 1 }, 1);
    await expect(scan).rejects.toMatchObject(unavailable);
    await client.config("SET", "min-replicas-to-write", "0");
    expect(await backend.read("t/1.p", ["a"], 1)).toEqual([undefined]);
  });

  test("a server that cannot save its snapshots refuses writes as UNAVAILABLE, and still answers reads", async () => {
    const { client } = await newServer({ save: "3600 1000" });
    const backend = redisBackend({ client });
    await backend.setup("create");
    await backend.write("t/1.p", { writes: [put("a")], now: 1 });
    const [, folder = ""] = await client.config("GET", "dir");
    // Nothing can be put in the place of a folder.
    await mkdir(join(folder, "dump.rdb"));
    await client.bgsave();
    await vi.waitFor(
      async () => expect(await client.info("persistence")).toContain("rdb_last_bgsave_status:err"),
      10_000,
    );
    const write = backend.write("t/1.p", { writes: [put("b")], now: 1 });
    await expect(write).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
    expect((await backend.read("t/1.p", ["a", "b"], 1)).map((one) => one?.revision)).toEqual([
      1,
      undefined,
    ]);
    const page = await backend.scan("t/1.p", { from: "", to: "~", limit: 9 }, 1);
    expect(page.records).toHaveLength(1);
  });

  test("keys of a newer layout are INCOMPATIBLE, and stay as they are; a verify of none is NOT_FOUND", async () => {
    const { client } = await newServer();
    const backend = redisBackend({ client });
    await expect(backend.setup("verify")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await client.keys("*")).toEqual([]);
    await client.set("perdure:layout", "2");
    for (const mode of ["create", "verify"] as const)
      await expect(backend.setup(mode)).rejects.toMatchObject({ code: "INCOMPATIBLE" });
    expect(await client.get("perdure:layout")).toBe("2");
    await client.set("perdure:layout", "else");
    await expect(backend.setup("create")).rejects.toMatchObject({ code: "CORRUPT" });
  });
});

describeOn("redis", "a full server", () => {
  test("refuses writes as FULL before any of it happens, and still lets room be made", async () => {
    const { client } = await newServer({ "maxmemory-policy": "noeviction" });
    const backend = redisBackend({ client });
    await backend.setup("create");
    const write = (...writes: Parameters<typeof backend.write>[1]["writes"]) =>
      backend.write("t/1.p", { writes, now: 1 });
    await write(put("a"), put("b"));
    await client.config("SET", "maxmemory", "1mb");
    const before = await client.dump("perdure:{t/1.p}r");
    for (const writes of [
      [put("c")],
      [put("c"), { op: "delete", key: "a", expect: "any" }],
    ] as const)
      await expect(write(...writes)).rejects.toMatchObject({
        code: "FULL",
        retryable: true,
        message: expect.stringContaining("nothing was written"),
      });
    expect(await client.dump("perdure:{t/1.p}r")).toEqual(before);
    expect(await client.get("perdure:{t/1.p}v")).toBe("1:2");
    expect(await write({ op: "delete", key: "a", expect: 1 })).toEqual({ revision: 2 });
    await backend.drop("t/1.p", 1);
    await expect(write(put("c"))).rejects.toMatchObject({ code: "DELETED" });
    await client.config("SET", "maxmemory", "0");
    expect(await backend.write("t/1.p", { writes: [put("c")], now: 1, revive: true })).toEqual({
      revision: 3,
    });
  });
});

describeOn("redis", "permissions", () => {
  describe("the README's user", () => {
    test("does all that a store does, and no more", async () => {
      const { client, server } = await newServer();
      await client.call("acl", "SETUSER", ...(await userOfReadme()));
      await using store = redisStore({ url: urlFor(server.url, "app") });
      await store.setup();
      await store.checkpoints.put("t", { step: 1 });
      const followed: unknown[] = [];
      const follow = async (): Promise<void> => {
        for await (const { value: event } of store.streams.follow("s")) followed.push(event);
      };
      const following = follow();
      await store.streams.append("s", ["a", "b"], { threadId: "t" });
      await store.streams.end("s");
      await following;
      expect(followed).toEqual(["a", "b"]);
      await store.threads.delete("t");
      expect(await store.checkpoints.get("t")).toBe(null);
      await store.maintain({ ms: 1000 });
    });
  });

  test("a user without them gets BACKEND with what Redis says", async () => {
    const { client, server } = await newServer();
    await client.acl("SETUSER", "app", "on", ">secret", "~perdure:*", "+@all", "-eval", "-evalsha");
    await using backend = redisBackend({ url: urlFor(server.url, "app") });
    await backend.setup("create");
    await expect(
      backend.write("t/1.p", { writes: [{ op: "put", key: "a", value, expect: "any" }], now: 1 }),
    ).rejects.toMatchObject({
      code: "BACKEND",
      retryable: false,
      message: expect.stringContaining("NOPERM"),
    });
  });

  test("a user who may not WAIT is told by setup, before anything is written", async () => {
    const { client, server } = await newServer();
    await client.acl("SETUSER", "app", "on", ">secret", "~perdure:*", "+@all", "-wait");
    const wait = { replicas: 1, timeoutMs: 100 };
    await using backend = redisBackend({ url: urlFor(server.url, "app"), wait });
    await expect(backend.setup("create")).rejects.toMatchObject({
      code: "BACKEND",
      message: expect.stringContaining("NOPERM"),
    });
    expect(await client.keys("*")).toEqual([]);
  });

  test("a wrong password is no time of waiting", async () => {
    const { client, server } = await newServer();
    await client.acl("SETUSER", "app", "on", ">other", "~*", "+@all");
    await using store = createStore({
      backend: redisBackend({ url: urlFor(server.url, "app") }),
      ownsBackend: true,
    });
    await expect(store.setup()).rejects.toMatchObject({
      code: "BACKEND",
      message: expect.stringContaining("WRONGPASS"),
    });
  });
});

function urlFor(url: string, user: string): string {
  const to = new URL(url);
  [to.username, to.password] = [user, "secret"];
  return to.href;
}

/** The words of the README's ACL line, for a user `app` whose password is `secret`. */
async function userOfReadme(): Promise<string[]> {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const line = /ACL SETUSER (app on >secret .*)/.exec(readme)?.[1];
  return line?.split(" ") ?? [];
}
