import { redisBackend, fromIoRedis, redisStore } from "@perdure/checkpoint-redis";
import { Cluster, Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis-5";
import { describe, expect, onTestFinished, test } from "vitest";
import { namedBy } from "../src/url.ts";

/** A client that connects to nothing. */
function idle<C extends { disconnect(): void }>(client: C): C {
  onTestFinished(() => client.disconnect());
  return client;
}

const invalid = (words: string) =>
  expect.objectContaining({
    code: "INVALID_ARGUMENT",
    retryable: false,
    message: expect.stringContaining(words) as unknown,
  }) as unknown;

function thrown(work: () => unknown): unknown {
  try {
    return { answered: work() };
  } catch (error) {
    return error;
  }
}

describe("a place", () => {
  test.each([
    [{}, "one place"],
    [{ url: "redis://a", nodes: ["redis://b"] }, "one place"],
    [{ client: {} }, "no `Redis` or `Cluster`"],
    [{ client: null }, "no `Redis` or `Cluster`"],
    [{ nodes: [] }, "one at least"],
    [{ nodes: "redis://a" }, "one at least"],
    [{ nodes: ["redis://a/1"] }, "names no database"],
    [{ nodes: ["redis://a?keyPrefix=x"] }, "names no database"],
    [{ url: "http://a" }, "redis://host"],
    [{ url: "redis:a" }, "redis://host"],
    [{ url: 7 }, "redis://host"],
    [{ url: "redis://a#x" }, "fragment"],
    [{ url: "redis://a/x" }, "number of a database"],
    [{ url: "redis://a/0/1" }, "number of a database"],
    [{ url: "redis://a/-1" }, "number of a database"],
    [{ url: "redis://a?tls=true" }, "no parameter `tls`"],
    [{ url: "redis://a?db=1" }, "no parameter `db`"],
    [{ url: "redis://a?family=5" }, "`family`"],
    [{ url: "redis://a?family=4&family=6" }, "`family`"],
    [{ url: "redis://a?cluster=yes" }, "`cluster`"],
    [{ url: "redis://a/1?cluster=true" }, "one database"],
    [{ url: "redis://%zz@a" }, "percent-encoded"],
    [{ url: "redis://a?keyPrefix=x", keyPrefix: "y" }, "twice"],
  ])("of %j is refused", (options, words) => {
    expect(thrown(() => redisBackend(options as never))).toEqual(invalid(words));
  });

  test("a URL says host, port, user, password, database, family and TLS", () => {
    expect(namedBy("redis://localhost")).toEqual({
      server: { host: "localhost", port: 6379 },
      cluster: false,
    });
    expect(namedBy("rediss://us%40er:p%2Fw@[::1]:7000/3?family=6&keyPrefix=a%3A")).toEqual({
      server: {
        host: "::1",
        port: 7000,
        username: "us@er",
        password: "p/w",
        db: 3,
        family: 6,
        tls: {},
      },
      cluster: false,
      keyPrefix: "a:",
    });
    expect(namedBy("redis://:pw@a?cluster=true")).toEqual({
      server: { host: "a", port: 6379, password: "pw" },
      cluster: true,
    });
  });
});

describe("options", () => {
  test.each([
    [{ keyPrefix: "a{b}" }, "`keyPrefix`"],
    [{ keyPrefix: "a b" }, "`keyPrefix`"],
    [{ keyPrefix: "é" }, "`keyPrefix`"],
    [{ keyPrefix: "x".repeat(101) }, "`keyPrefix`"],
    [{ keyPrefix: 7 }, "`keyPrefix`"],
    [{ timeoutMs: 0 }, "`timeoutMs`"],
    [{ timeoutMs: 1.5 }, "`timeoutMs`"],
    [{ timeoutMs: 2 ** 31 }, "`timeoutMs`"],
    [{ durability: "full" }, "`durability`"],
    [{ durability: "none" }, "`durability`"],
    [{ wait: {} }, "`wait`"],
    [{ wait: { replicas: 0, timeoutMs: 1 } }, "`wait`"],
    [{ wait: { replicas: 1, timeoutMs: 500 }, timeoutMs: 500 }, "`wait.timeoutMs`"],
    [{ report: true }, "`report`"],
    [{ prefix: "a" }, "no option `prefix`"],
  ])("%j are refused", (options, words) => {
    const all = { url: "redis://127.0.0.1:1", ...options };
    expect(thrown(() => redisBackend(all as never))).toEqual(invalid(words));
  });

  test("a store refuses what neither it nor its backend knows", () => {
    const options = { url: "redis://127.0.0.1:1", maxCheckpointsPerThread: 3 };
    expect(thrown(() => redisStore(options as never))).toEqual(
      invalid("no option `maxCheckpointsPerThread`"),
    );
  });
});

describe("a client", () => {
  test.each([
    [() => new Cluster([], { lazyConnect: true, scaleReads: "slave" }), "scaleReads"],
    [() => new Cluster([], { lazyConnect: true, scaleReads: "all" }), "scaleReads"],
    [
      () => new Cluster([], { lazyConnect: true, scaleReads: (nodes: unknown[]) => nodes[0] }),
      "scaleReads",
    ],
    [() => new Redis({ lazyConnect: true, readOnly: true }), "replica"],
    [() => new Redis5({ lazyConnect: true, role: "slave" }), "replica"],
    [() => new Redis({ lazyConnect: true, keyPrefix: "{}:" }), "empty braces"],
    [() => new Cluster([], { lazyConnect: true, keyPrefix: "a{}{b}" }), "empty braces"],
  ])("%s is refused", (open, words) => {
    const client = idle<Redis | Cluster | Redis5>(open());
    expect(thrown(() => redisBackend({ client }))).toEqual(invalid(words));
  });

  test("of ioredis is what `fromIoRedis` gives back", () => {
    const client = idle(new Redis({ lazyConnect: true }));
    expect(fromIoRedis(client)).toBe(client);
    expect(thrown(() => fromIoRedis({ command: () => "OK" } as never))).toEqual(
      invalid("no `Redis` or `Cluster`"),
    );
  });
});
