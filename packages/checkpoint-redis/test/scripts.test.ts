import { prefixRange } from "@perdure/checkpoint-core";
import { redisBackend } from "@perdure/checkpoint-redis";
import { ownServer } from "@perdure/engines";
import { describeOn } from "@perdure/engines/vitest";
import { Redis } from "ioredis";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { PAGE_BYTES } from "../src/read.ts";
import { majors, newPlace } from "./places.ts";

const value = Buffer.from("v");

function newBackend(open = majors[0][1], options: object = {}) {
  const client = open(inject("redisUrl"));
  const { keyPrefix, remove } = newPlace(client);
  onTestFinished(async () => {
    await remove();
    client.disconnect();
  });
  return { client, keyPrefix, backend: redisBackend({ client, keyPrefix, ...options }) };
}

describeOn("redis", "scripts", () => {
  test("are loaded again when the server has lost them, in the middle of work too", async () => {
    await using server = await ownServer("redis");
    const client = new Redis(server.url);
    onTestFinished(() => client.disconnect());
    const backend = redisBackend({ client });
    const flushing = { over: false };
    const flush = async (): Promise<void> => {
      while (!flushing.over) await client.script("FLUSH");
    };
    const flushed = flush();
    for (let at = 0; at < 100; at += 1) {
      const name = `t/${at}`;
      await Promise.all(
        [1, 2, 3, 4].map((n) =>
          backend.write(name, { writes: [{ op: "append", prefix: "x/", value }], now: n }),
        ),
      );
      const range = { ...prefixRange(""), limit: 10 };
      expect((await backend.scan(name, range, 1)).records).toHaveLength(4);
      if (at % 10 === 0) await backend.drop(name, 1);
    }
    flushing.over = true;
    await flushed;
  });

  test("count revisions exactly up to the largest number that JavaScript counts to", async () => {
    const { client, keyPrefix, backend } = newBackend();
    const write = () =>
      backend.write("t/1.p", { writes: [{ op: "append", prefix: "x/", value }], now: 1 });
    await write();
    await client.set(`${keyPrefix}{t/1.p}v`, `${Number.MAX_SAFE_INTEGER - 2}:1`);
    expect(await write()).toEqual({ revision: Number.MAX_SAFE_INTEGER - 1 });
    expect(await write()).toEqual({ revision: Number.MAX_SAFE_INTEGER });
    const { records } = await backend.scan("t/1.p", { ...prefixRange("x/"), limit: 9 }, 1);
    expect(records.map(({ key, revision }) => [key, revision])).toEqual([
      ["x/00000000000000010000", 1],
      [`x/${Number.MAX_SAFE_INTEGER - 1}0000`, Number.MAX_SAFE_INTEGER - 1],
      [`x/${Number.MAX_SAFE_INTEGER}0000`, Number.MAX_SAFE_INTEGER],
    ]);
    const check = { op: "check", key: `x/${Number.MAX_SAFE_INTEGER}0000` } as const;
    await backend.write("t/1.p", {
      writes: [{ ...check, expect: Number.MAX_SAFE_INTEGER }],
      now: 1,
    });
    const other = { writes: [{ ...check, expect: Number.MAX_SAFE_INTEGER - 1 }], now: 1 };
    await expect(backend.write("t/1.p", other)).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test("a page ends after its bytes, also where records are of very different sizes", async () => {
    const { backend } = newBackend();
    const sizes = [1, 2, 3, 600_000, 4, 900_000, 900_000, 5, 3_000_000, 6, 7];
    for (const [at, size] of sizes.entries())
      await backend.write("t/1.p", {
        writes: [
          {
            op: "put",
            key: `k${String(at).padStart(2, "0")}`,
            value: Buffer.alloc(size),
            expect: "any",
          },
        ],
        now: 1,
      });
    for (const reverse of [false, true]) {
      const found: number[] = [];
      let range = { ...prefixRange("k"), reverse, limit: 100 };
      for (let next: string | undefined = ""; next !== undefined; ) {
        const page = await backend.scan("t/1.p", range, 1);
        const bytes = page.records.reduce((sum, record) => sum + record.value.byteLength, 0);
        expect(page.records.length === 1 || bytes <= PAGE_BYTES).toBe(true);
        found.push(...page.records.map((record) => record.value.byteLength));
        next = page.next;
        range = reverse ? { ...range, to: next ?? "" } : { ...range, from: next ?? "" };
      }
      expect(found).toEqual(reverse ? sizes.toReversed() : sizes);
    }
  });

  test("a page ends after its bytes also where all of them have expired: the server takes in no more", async () => {
    await using server = await ownServer("redis");
    const client = new Redis(server.url);
    onTestFinished(() => client.disconnect());
    const backend = redisBackend({ client });
    const large = Buffer.alloc(backend.limits.maxValueBytes);
    for (let at = 0; at < 12; at += 1) {
      const entry = { op: "append", prefix: "x/", value: large, expiresAt: 5 } as const;
      await backend.write("t/1.p", { writes: [entry], now: 1 });
    }
    for (const reverse of [false, true]) {
      let range = { from: "", to: "~", limit: 100, reverse };
      let pages = 0;
      for (let next: string | undefined = ""; next !== undefined; pages += 1) {
        await client.config("RESETSTAT");
        const page = await backend.scan("t/1.p", range, 9);
        expect(page.records).toEqual([]);
        const reads = /cmdstat_hget:calls=(\d+)/.exec(await client.info("commandstats"))?.[1];
        expect(Number(reads)).toBeLessThanOrEqual(2);
        next = page.next;
        range = reverse ? { ...range, to: next ?? "" } : { ...range, from: next ?? "" };
      }
      expect(pages).toBe(12);
    }
  });

  test("a page of nothing but expired records ends, and says where to go on", async () => {
    const { backend } = newBackend();
    for (let batch = 0; batch < 10; batch += 1)
      await backend.write("t/1.p", {
        writes: Array.from(
          { length: 1000 },
          () => ({ op: "append", prefix: "x/", value, expiresAt: 5 }) as const,
        ),
        now: 1,
      });
    await backend.write("t/1.p", {
      writes: [{ op: "put", key: "z", value, expect: "any" }],
      now: 1,
    });
    let from = "";
    for (let pages = 1; ; pages += 1) {
      const { records, next } = await backend.scan("t/1.p", { from, to: "~", limit: 1 }, 9);
      if (records.length > 0) {
        expect(records.map(({ key }) => key)).toEqual(["z"]);
        expect(pages).toBeGreaterThan(1);
        break;
      }
      expect(next).toBeDefined();
      from = next ?? "";
    }
  });
});

describeOn("redis", "keys that are not as they were left", () => {
  const write = { writes: [{ op: "put", key: "a", value, expect: "any" }], now: 1 } as const;

  test.each([["v"], ["r"], ["k"], ["r", "k"]])(
    "a partition without its keys %s %s is CORRUPT: no revision begins again, nothing is quietly gone",
    async (...gone) => {
      const { client, keyPrefix, backend } = newBackend();
      await backend.write("t/1.p", write);
      for (const key of gone) await client.unlink(`${keyPrefix}{t/1.p}${key}`);
      await expect(backend.write("t/1.p", write)).rejects.toMatchObject({
        code: "CORRUPT",
        retryable: false,
      });
      const scan = backend.scan("t/1.p", { from: "", to: "~", limit: 9 }, 1);
      await expect(scan).rejects.toMatchObject({ code: "CORRUPT" });
      await expect(backend.read("t/1.p", ["a"], 1)).rejects.toMatchObject({ code: "CORRUPT" });
      if (gone[0] === "v")
        await expect(backend.drop("t/1.p", 1)).rejects.toMatchObject({ code: "CORRUPT" });
    },
  );

  test.each(["v", "r", "k"])(
    "a key %s of another type is CORRUPT, and nothing is written beside it",
    async (suffix) => {
      const { client, keyPrefix, backend } = newBackend();
      await client.lpush(`${keyPrefix}{t/1.p}${suffix}`, "somebody's");
      await expect(backend.write("t/1.p", write)).rejects.toMatchObject({ code: "CORRUPT" });
      for (const other of ["v", "r", "k"].filter((one) => one !== suffix))
        expect(await client.exists(`${keyPrefix}{t/1.p}${other}`)).toBe(0);
    },
  );

  test("a revision that is none is CORRUPT, and a drop leaves the records where they are", async () => {
    const { client, keyPrefix, backend } = newBackend();
    await backend.write("t/1.p", write);
    for (const text of ["", "x", "1", "1:", ":1", "e1:1"]) {
      await client.set(`${keyPrefix}{t/1.p}v`, text);
      await expect(backend.drop("t/1.p", 1)).rejects.toMatchObject({ code: "CORRUPT" });
      await expect(backend.write("t/1.p", write)).rejects.toMatchObject({ code: "CORRUPT" });
      expect(await client.hlen(`${keyPrefix}{t/1.p}r`)).toBe(1);
    }
  });

  test("a record that is none is CORRUPT", async () => {
    const { client, keyPrefix, backend } = newBackend();
    await backend.write("t/1.p", write);
    for (const bytes of ["", "x", "1", "a:b", ":b", "x1:b", "x1:z:b"]) {
      await client.hset(`${keyPrefix}{t/1.p}r`, "a", bytes);
      await expect(backend.read("t/1.p", ["a"], 1)).rejects.toMatchObject({ code: "CORRUPT" });
    }
  });
});

describeOn("redis", "names of keys", () => {
  const write = { writes: [{ op: "append", prefix: "x/", value }], now: 1 } as const;

  test("partitions of any name have three keys of one slot, and share none", async () => {
    const { client, keyPrefix, backend } = newBackend();
    const names = [
      "a",
      "a}b",
      "a{b",
      "{a}",
      "}",
      "{",
      "#a",
      "é",
      "\u0000",
      "\ud800",
      "n".repeat(129),
      "n".repeat(300),
      "a b",
      "",
    ];
    for (const name of names) {
      expect(await backend.write(name, write)).toEqual({ revision: 1 });
      expect((await backend.scan(name, { from: "", to: "~", limit: 9 }, 1)).records).toHaveLength(
        1,
      );
    }
    const keys = (await client.keys(`${keyPrefix}*`)).toSorted();
    expect(keys).toHaveLength(3 * names.length);
    const tag = /\{([^}]+)\}[vrk]$/;
    const tags = new Set(keys.map((key) => tag.exec(key)?.[1]));
    expect(tags.size).toBe(names.length);
    for (const key of keys) expect(key.slice(keyPrefix.length)).toMatch(/^\{[^{}]+\}[vrk]$/);
  });

  describe.each(majors)("%s", (_, open) => {
    test("what its owner's MULTI only queues is not acknowledged", async () => {
      const { client, backend } = newBackend(open);
      await backend.write("t/1.p", write);
      await client.multi({ pipeline: false });
      const refused = { code: "BACKEND", message: expect.stringContaining("QUEUED") };
      await expect(backend.write("t/1.p", write)).rejects.toMatchObject(refused);
      await expect(backend.drop("t/1.p", 1)).rejects.toMatchObject(refused);
      await expect(backend.read("t/1.p", ["a"], 1)).rejects.toMatchObject(refused);
      await client.discard();
      expect(await backend.write("t/1.p", write)).toEqual({ revision: 2 });
    });

    test("a client's own key prefix stands before ours, in scripts and reads", async () => {
      const { client: plain, keyPrefix } = newBackend();
      for (const outer of [`${keyPrefix}own:`, `${keyPrefix}{own}:`]) {
        const client = plain.duplicate({ keyPrefix: outer });
        onTestFinished(() => client.disconnect());
        const backend = redisBackend({ client });
        await backend.setup("create");
        await backend.write("t/1.p", write);
        expect((await backend.read("t/1.p", ["x/00000000000000010000"], 1))[0]?.revision).toBe(1);
        expect((await plain.keys(`${outer}*`)).toSorted()).toEqual(
          ["layout", "{t/1.p}k", "{t/1.p}r", "{t/1.p}v"].map((key) => `${outer}perdure:${key}`),
        );
      }
    });

    test.each([
      { stringNumbers: true },
      { enableAutoPipelining: true },
      { showFriendlyErrorStack: true },
      { protocol: 3, replyMapping: "resp3" },
      { protocol: 2 },
    ])("a client with %j works like any other", async (options) => {
      const { client: plain, keyPrefix } = newBackend(open);
      const client = plain.duplicate(options as never);
      onTestFinished(() => client.disconnect());
      const backend = redisBackend({ client, keyPrefix });
      await backend.setup("create");
      const done = await Promise.all([1, 2, 3].map(() => backend.write("t/1.p", write)));
      expect(done.map(({ revision }) => revision)).toEqual([1, 2, 3]);
      const { records } = await backend.scan("t/1.p", { from: "", to: "~", limit: 9 }, 1);
      expect(records.map(({ revision }) => revision)).toEqual([1, 2, 3]);
      const late = { op: "check", key: "a", expect: "present" } as const;
      await expect(backend.write("t/1.p", { writes: [late], now: 1 })).rejects.toMatchObject({
        code: "CONFLICT",
        key: "a",
      });
      await backend.drop("t/1.p", 1);
      await expect(backend.write("t/1.p", write)).rejects.toMatchObject({ code: "DELETED" });
    });
  });
});
