import { openStore, type StoreOptions } from "@perdure/checkpoint-core";
import {
  postgresBackend,
  type PostgresBackendOptions,
  postgresSchema,
  type PostgresSchemaOptions,
  postgresStore,
  type PostgresStoreOptions,
} from "@perdure/checkpoint-postgres";
import { describe, expect, test } from "vitest";

// Nobody answers there, and nobody is asked.
const url = "postgres://user:secret@no.invalid:1/db";
const pool = { query: async () => ({ rows: [] }) };
const refusal = (message: string) =>
  expect.objectContaining({ code: "INVALID_ARGUMENT", retryable: false, message });

describe("a store in Postgres", () => {
  test.each([
    {},
    { url, pool },
    { pool, pglite: { ...pool, exec: async () => [] } },
    { url: undefined },
  ])("has one place: %j", (options) => {
    expect(() => postgresStore(options as unknown as PostgresStoreOptions)).toThrow(
      refusal("A Postgres store has one place: a `url`, a `pool` or a `pglite`."),
    );
  });

  test.each([
    [{ url: 5 }, "`url` is no URL that begins with postgres://."],
    [{ url: "" }, "`url` is no URL that begins with postgres://."],
    [{ url: "mysql://secret@h/d" }, "`url` is no URL that begins with postgres://."],
    [{ url: "postgres://a:secret@h:port/d" }, "`url` is no URL that begins with postgres://."],
    [
      { url: `${url}?replication=database` },
      'The query of `url` has "replication", which nobody knows.',
    ],
    [{ url: `${url}?binary=true` }, 'The query of `url` has "binary", which nobody knows.'],
    [{ url: `${url}?Schema=x` }, 'The query of `url` has "Schema", which nobody knows.'],
    [{ url: `${url}?pgbouncer=1` }, "`pgbouncer` in the query of `url` is true or false."],
    [{ url: `${url}?schema=x&schema=y` }, "The query of `url` has schema twice."],
    [
      { url: `${url}?schema=x`, schema: "x" },
      "`schema` is given twice: as an option and in the URL.",
    ],
    [{ url: `${url}?schema=pg_toast` }, '`schema` "pg_toast" is one of Postgres\' own.'],
    [{ url, listenUrl: "http://secret" }, "`listenUrl` is no URL that begins with postgres://."],
    [{ url, max: 0 }, "`max` is a number of connections, 1 or more."],
    [{ url, max: "5" }, "`max` is a number of connections, 1 or more."],
    [{ url, connectMs: Number.NaN }, "`connectMs` is a whole number of milliseconds, 1 or more."],
    [{ pool, max: 5 }, "`max` and `connectMs` are for a `url`: a pool has its own."],
    [{ pool: {} }, "`pool` is no pool of node-postgres."],
    [{ pool: null }, "`pool` is no pool of node-postgres."],
    [{ pglite: pool }, "`pglite` is no PGlite."],
    [{ url, durability: "fast" }, "`durability` is full or server."],
    [{ url, waitMs: -1 }, "`waitMs` is a number of milliseconds, 0 or more."],
    [{ url, waitMs: Number.POSITIVE_INFINITY }, "`waitMs` is a number of milliseconds, 0 or more."],
    [{ url, report: true }, "`report` is a function that gets what setup saw."],
    [{ url, prepare: "no" }, "`prepare` is true or false."],
    [{ url, schema: "" }, "`schema` is empty."],
    [{ url, schema: 5 }, "`schema` is a string."],
    [
      { url, schema: "information_schema" },
      '`schema` "information_schema" is one of Postgres\' own.',
    ],
    [{ url, schema: "s".repeat(64) }, "`schema` is longer than 63 bytes."],
    [{ url, tablePrefix: "\u00e9".repeat(21) }, "`tablePrefix` is longer than 40 bytes."],
  ])("refuses %j, and never shows the URL", (options, message) => {
    expect(() => postgresStore(options as unknown as PostgresStoreOptions)).toThrow(
      refusal(message),
    );
    expect(message).not.toContain("secret");
  });

  test.each(["a\0b", "a$perdure$b", "a\\b", "\ud800"])("refuses the name %j", (name) => {
    const message =
      "`schema` holds a sign that no name here can hold: NUL, $, a backslash or half a pair.";
    expect(() => postgresStore({ url, schema: name })).toThrow(refusal(message));
    expect(() => postgresSchema({ schema: name })).toThrow(refusal(message));
    expect(() => postgresSchema({ role: name })).toThrow(
      refusal(message.replace("schema", "role")),
    );
    expect(() => postgresStore({ url, tablePrefix: name })).toThrow(
      refusal(message.replace("schema", "tablePrefix")),
    );
  });

  test("a misspelled option is refused by its name, by every way to open a store", async () => {
    const misspelled = { url, encription: {} } as PostgresStoreOptions;
    const named = expect.objectContaining({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("`encription`"),
    });
    expect(() => postgresStore(misspelled)).toThrow(named);
    await expect(openStore(url, { encription: {} } as StoreOptions)).rejects.toEqual(named);
    expect(() => postgresBackend({ url, tabelPrefix: "x" } as PostgresBackendOptions)).toThrow(
      refusal("The Postgres backend has no option `tabelPrefix`."),
    );
  });

  test("a misspelled option of the printed schema is refused: it would lack what was asked for", () => {
    const misspelled = { rol: "desk" } as PostgresSchemaOptions;
    expect(() => postgresSchema(misspelled)).toThrow(
      refusal("`postgresSchema` has no option `rol`."),
    );
    expect(postgresSchema({ role: "desk" })).toContain('to "desk";');
  });

  test("the URLs of hosters and of other libraries are taken as they are", () => {
    for (const query of [
      "sslmode=require&channel_binding=require",
      "sslmode=verify-full&application_name=desk",
      "pgbouncer=true&schema=agents&tablePrefix=p_",
      "statement_timeout=5000&options=-c%20lock_timeout%3D1000",
      "host=/var/run/postgresql",
    ])
      postgresBackend({ url: `${url}?${query}` });
    postgresBackend({ url: "postgresql:///db?host=/var/run/postgresql" });
  });
});
