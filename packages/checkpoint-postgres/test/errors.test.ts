import { StorageError } from "@perdure/checkpoint-core";
import { postgresBackend, type PostgresServerReport } from "@perdure/checkpoint-postgres";
import { describeOn } from "@perdure/engines/vitest";
import { describe, expect, inject, test } from "vitest";
import { isLostRace, isLostStatement, states, storageError } from "../src/errors.ts";
import { asOwner, testPlace, testPool } from "./database.ts";

const retryable: ReadonlySet<string> = new Set(["CONTENTION", "FULL", "UNAVAILABLE"]);

function driverError(code: string, message = "what the server says"): Error {
  return Object.assign(new Error(message), { code });
}

describe("an error of the server", () => {
  test.each([
    ...states.map(([state, , code]) => [state.padEnd(5, "0"), code] as const),
    ["22P02", "BACKEND"],
    ["23505", "BACKEND"],
    ["08006", "UNAVAILABLE"],
    ["53300", "UNAVAILABLE"],
    ["53200", "UNAVAILABLE"],
    ["28P01", "BACKEND"],
  ] as const)("%s is %s", (state, code) => {
    const cause = driverError(state);
    const error = storageError(cause);
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ code, retryable: retryable.has(code), cause });
    expect(isLostRace(cause)).toBe(state === "40001" || state === "40P01");
    expect(isLostStatement(cause)).toBe(state === "26000" || state === "42P05");
  });

  test("that is ours is not translated again", () => {
    const error = new StorageError("CONFLICT", "ours");
    expect(storageError(error)).toBe(error);
    expect(isLostRace(error)).toBe(false);
  });
});

describe("a connection that was lost or could not be had", () => {
  test.each([
    driverError("ECONNREFUSED"),
    driverError("ECONNRESET"),
    driverError("ENOTFOUND"),
    Object.assign(new AggregateError([new Error("a"), new Error("b")]), { code: "ECONNREFUSED" }),
    new Error("Connection terminated unexpectedly"),
    new Error("Connection terminated due to connection timeout"),
    new Error("Client has encountered a connection error and is not queryable"),
    new Error("timeout exceeded when trying to connect"),
    new Error("Query read timeout"),
  ])("is UNAVAILABLE: %s", (cause) => {
    const error = storageError(cause);
    expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true, cause });
    expect(error.message).toMatch(/^Postgres: .+\.$/);
  });
});

const put = {
  writes: [{ op: "put", key: "a", value: Uint8Array.of(1), expect: "any" }],
  now: 0,
} as const;

describeOn("postgres", "what goes wrong on a real server", () => {
  test("a schema that was never set up is an error, not an empty answer", async () => {
    const { url, schema } = testPlace();
    await using backend = postgresBackend({ url, schema });
    const refused = {
      code: "BACKEND",
      retryable: false,
      message: expect.stringContaining("Run `setup`"),
    };
    await expect(backend.read("p", ["a"], 0)).rejects.toMatchObject(refused);
    await expect(backend.scan("p", { from: "a", to: "b", limit: 1 }, 0)).rejects.toMatchObject(
      refused,
    );
    await expect(backend.write("p", put)).rejects.toMatchObject(refused);
    await expect(backend.drop("p", 0)).rejects.toMatchObject(refused);
  });

  test("nobody at the address is UNAVAILABLE, a database that is not there NOT_FOUND, a role that may not in BACKEND", async () => {
    await using nowhere = postgresBackend({ url: "postgres://127.0.0.1:1/x" });
    await expect(nowhere.setup("create")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    const url = new URL(inject("postgresUrl"));
    url.pathname = "/no-such-database";
    await using missing = postgresBackend({ url: url.href });
    await expect(missing.setup("create")).rejects.toMatchObject({ code: "NOT_FOUND" });
    const stranger = new URL(inject("postgresUrl"));
    stranger.username = "no-such-role";
    await using refused = postgresBackend({ url: stranger.href });
    await expect(refused.setup("create")).rejects.toMatchObject({
      code: "BACKEND",
      message: expect.stringContaining("Look at user and password"),
    });
  });

  test("a lock that others hold too long is CONTENTION, a statement that takes too long UNAVAILABLE; nothing is written", async () => {
    const { url, schema } = testPlace();
    await using backend = postgresBackend({ url, schema });
    await backend.setup("create");
    await backend.write("p", put);
    const holder = await testPool().connect();
    await holder.query(`begin; select from "${schema}".perdure_partition for update`);
    for (const [setting, code] of [
      ["lock_timeout", "CONTENTION"],
      ["statement_timeout", "UNAVAILABLE"],
    ] as const) {
      await using impatient = postgresBackend({ url: `${url}?${setting}=100`, schema });
      await expect(impatient.write("p", put)).rejects.toMatchObject({ code, retryable: true });
      expect(await impatient.read("p", ["a"], 0)).toMatchObject([{ revision: 1 }]);
    }
    await holder.query("rollback");
    holder.release();
    expect(await backend.write("p", put)).toEqual({ revision: 2 });
  });

  test("read-only transactions are refused by setup, with what to do", async () => {
    const { schema } = testPlace();
    const pool = testPool({ options: "-c default_transaction_read_only=on" });
    await using backend = postgresBackend({ pool, schema });
    for (const mode of ["create", "verify"] as const)
      await expect(backend.setup(mode)).rejects.toMatchObject({
        code: "BACKEND",
        message: expect.stringContaining("default_transaction_read_only"),
      });
    await using writer = postgresBackend({ pool: testPool(), schema });
    await writer.setup("create");
    await expect(backend.write("p", put)).rejects.toMatchObject({
      code: "BACKEND",
      message: expect.stringContaining("connect to the primary"),
    });
  });

  test("no more connections is UNAVAILABLE", async () => {
    const { schema } = testPlace();
    const role = schema;
    await asOwner(`create role "${role}" login connection limit 0`);
    const url = new URL(inject("postgresUrl"));
    url.username = role;
    await using backend = postgresBackend({ url: url.href, schema });
    await expect(backend.setup("create")).rejects.toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
    });
    await asOwner(`drop role "${role}"`);
  });

  test.each(["write", "drop"] as const)(
    "a %s waits for the disk where synchronous_commit is off, unless it is told not to",
    async (verb) => {
      const { schema } = testPlace();
      const pool = testPool({ max: 1, options: "-c synchronous_commit=off" });
      const seen: unknown[] = [];
      for (const durability of ["full", "server"] as const) {
        await using backend = postgresBackend({ pool, schema, durability });
        await backend.setup("create");
        await backend.write("p", { ...put, revive: true });
        await pool.query("begin");
        await (verb === "write" ? backend.write("p", put) : backend.drop("p", 0));
        const { rows } = await pool.query("show synchronous_commit");
        seen.push(rows);
        await pool.query("rollback");
      }
      expect(seen).toEqual([[{ synchronous_commit: "on" }], [{ synchronous_commit: "off" }]]);
    },
  );

  test("setup reports what the server does for durability, in both modes", async () => {
    const { schema } = testPlace();
    const reports: unknown[] = [];
    const report = (server: PostgresServerReport): unknown => reports.push(server);
    const pool = testPool({ options: "-c synchronous_commit=off" });
    await using backend = postgresBackend({ pool, schema, report });
    await backend.setup("create");
    await backend.setup("verify");
    const [settings] = await asOwner(
      "select current_setting('server_version') as version, current_setting('fsync') = 'on' as fsync, current_setting('full_page_writes') = 'on' as full_page_writes",
    );
    const { version, fsync, full_page_writes } = settings ?? {};
    const seen = { version, fsync, fullPageWrites: full_page_writes, synchronousCommit: "off" };
    const notes = expect.arrayContaining([
      '`synchronous_commit` is off: only writes with `durability: "full"` wait for the disk.',
      "There is no `listenUrl`: followers of streams in other processes look by themselves, at least once a second.",
    ]);
    expect(reports).toEqual([
      { ...seen, notes },
      { ...seen, notes },
    ]);
  });
});
