import { type Backend, prefixRange } from "@perdure/checkpoint-core";
import { redisBackend } from "@perdure/checkpoint-redis";
import { ownServer, passage } from "@perdure/engines";
import { describeOn } from "@perdure/engines/vitest";
import { Redis } from "ioredis";
import { describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { type AnyRedis, majors, newPlace } from "./places.ts";

/** A client of the tests' server by a way that can be cut, as its user would make it, and a backend on it in a place of its own. */
async function byPassage(open: (url: string) => AnyRedis) {
  const way = await passage(inject("redisUrl"));
  const client = open(way.url);
  client.on("error", () => undefined);
  const { keyPrefix, remove } = newPlace(client);
  const backend = redisBackend({ client, keyPrefix });
  await backend.setup("create");
  onTestFinished(async () => {
    await remove();
    client.disconnect();
    await way[Symbol.asyncDispose]();
  });
  return { way, client, keyPrefix, backend };
}

function append(backend: Backend, text: string): Promise<{ readonly revision: number }> {
  return backend.write("t/1.p", {
    writes: [{ op: "append", prefix: "x/", value: Buffer.from(text) }],
    now: 1,
  });
}

async function texts(backend: Backend): Promise<string[]> {
  const { records } = await backend.scan("t/1.p", { ...prefixRange("x/"), limit: 1000 }, 1);
  return records.map(({ value }) => Buffer.from(value).toString());
}

describeOn("redis", "connections that are cut", () => {
  describe.each(majors)("%s", (_, open) => {
    test("a write whose answer was lost is UNAVAILABLE and was done once, though ioredis sends what it heard nothing of again", async () => {
      const { way, client, keyPrefix, backend } = await byPassage(open);
      await append(backend, "before");
      way.swallow();
      // What the client does by itself: the reason for all this.
      expect(await client.rpush(`${keyPrefix}list`, "once")).toBe(2);
      way.swallow();
      await expect(append(backend, "lost")).rejects.toMatchObject({
        code: "UNAVAILABLE",
        retryable: true,
      });
      expect(await texts(backend)).toEqual(["before", "lost"]);
      expect(await append(backend, "after")).toEqual({ revision: 3 });
    });

    test("a drop whose answer was lost ends no life that began after it", async () => {
      const { way, backend } = await byPassage(open);
      await backend.drop("t/1.q", 1); // The server knows the script from here on.
      await append(backend, "old");
      way.swallow();
      await expect(backend.drop("t/1.p", 1)).rejects.toMatchObject({ code: "UNAVAILABLE" });
      await expect(append(backend, "late")).rejects.toMatchObject({ code: "DELETED" });
      const writes = [{ op: "append", prefix: "x/", value: Buffer.from("new") }] as const;
      await backend.write("t/1.p", { writes, now: 1, revive: true });
      expect(await texts(backend)).toEqual(["new"]);
    });

    test("of many writes under way when connections are cut each is done once or not at all, and those that were acknowledged are there", async () => {
      const { way, backend } = await byPassage(open);
      const acknowledged: string[] = [];
      const unknown: string[] = [];
      for (let round = 0; round < 20; round += 1) {
        const named = Array.from({ length: 25 }, (__, at) => `${round}/${at}`);
        const writes = named.map(async (name) => {
          try {
            await append(backend, name);
            acknowledged.push(name);
          } catch (error) {
            expect(error).toMatchObject({ code: "UNAVAILABLE" });
            unknown.push(name);
          }
        });
        // After no answer, or after some.
        for (let turn = 0; turn < round % 5; turn += 1)
          await new Promise((resolve) => setImmediate(resolve));
        if (round % 2) way.cut();
        else way.swallow();
        await Promise.all(writes);
      }
      const found = await texts(backend);
      expect(new Set(found).size).toBe(found.length);
      expect(acknowledged.filter((name) => !found.includes(name))).toEqual([]);
      expect(found.filter((name) => ![...acknowledged, ...unknown].includes(name))).toEqual([]);
      expect(unknown.length).toBeGreaterThan(0);
    });

    test("a read whose connection is cut is asked again", async () => {
      const { way, backend } = await byPassage(open);
      await append(backend, "there");
      way.swallow();
      expect(await texts(backend)).toEqual(["there"]);
      way.swallow();
      const [record] = await backend.read("t/1.p", ["x/00000000000000010000"], 1);
      expect(Buffer.from(record?.value ?? []).toString()).toBe("there");
    });

    test.each([
      ["its time", { timeoutMs: 300 }, {}],
      ["its client's `commandTimeout`", {}, { commandTimeout: 300 }],
    ])(
      "what waits for a server until %s is over is not sent any more",
      async (__, options, own) => {
        await using server = await ownServer("redis");
        const [client, other] = [open(server.url), open(server.url)];
        for (const one of [client, other]) one.on("error", () => undefined);
        onTestFinished(() => {
          client.disconnect();
          other.disconnect();
        });
        // It comes back when it is told to, and finds the script there.
        Object.assign(client.options, { retryStrategy: () => 600_000, ...own });
        const backend = redisBackend({ client, ...options });
        await backend.setup("create");
        await server.kill();
        await vi.waitFor(() => expect(client.status).toBe("reconnecting"));
        const unavailable = { code: "UNAVAILABLE", retryable: true };
        await expect(append(backend, "late")).rejects.toMatchObject(unavailable);
        await expect(texts(backend)).rejects.toMatchObject(unavailable);
        await server.start();
        const again = redisBackend({ client: other });
        await again.setup("create");
        await append(again, "other");
        expect(await texts(again)).toEqual(["other"]);
        const sent = async () =>
          /cmdstat_evalsha:calls=\d+/.exec(await other.info("commandstats"))?.[0];
        const before = await sent();
        await client.connect();
        await client.ping();
        expect(await sent()).toBe(before);
        expect(await texts(again)).toEqual(["other"]);
      },
    );
  });

  test("a write of a client that pipelines by itself is sent once too", async () => {
    const { way, backend } = await byPassage(
      (url) => new Redis(url, { enableAutoPipelining: true }),
    );
    await append(backend, "before");
    way.swallow();
    const lost = await Promise.allSettled(["a", "b", "c"].map((text) => append(backend, text)));
    for (const one of lost)
      expect(one).toMatchObject({ status: "rejected", reason: { code: "UNAVAILABLE" } });
    expect(await texts(backend)).toEqual(["before", "a", "b", "c"]);
  });

  test("a server that dies and comes back while nobody asks ends no process, and is asked again", async () => {
    await using server = await ownServer("redis", {
      settings: { appendonly: "yes", appendfsync: "always" },
    });
    await using backend = redisBackend({ url: server.url });
    await backend.setup("create");
    await append(backend, "kept");
    await server.kill();
    await expect(texts(backend)).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
    await server.start();
    expect(await texts(backend)).toEqual(["kept"]);
  });

  test("a server that answers nothing is UNAVAILABLE in time", async () => {
    await using server = await ownServer("redis");
    await using backend = redisBackend({ url: server.url, timeoutMs: 300 });
    await backend.setup("create");
    await server.freeze();
    await expect(texts(backend)).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
    await expect(append(backend, "unknown")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await server.thaw();
  });

  test("a client that its owner has closed is CLOSED, and not retryable", async () => {
    const client = majors[0][1](inject("redisUrl"));
    const { keyPrefix, remove } = newPlace(client);
    const backend = redisBackend({ client, keyPrefix });
    await backend.setup("create");
    await remove();
    client.disconnect();
    await expect(texts(backend)).rejects.toMatchObject({ code: "CLOSED", retryable: false });
    await expect(append(backend, "late")).rejects.toMatchObject({ code: "CLOSED" });
  });
});
