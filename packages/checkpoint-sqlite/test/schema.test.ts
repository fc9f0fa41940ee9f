import { existsSync } from "node:fs";
import { IncompatibleError } from "@perdure/checkpoint-core";
import { sqliteBackend } from "@perdure/checkpoint-sqlite";
import { describe, expect, test } from "vitest";
import { openClient } from "../src/open.ts";
import { migrations } from "../src/schema.ts";
import { drivers, testFile } from "./folder.ts";

describe.each(drivers)("the schema, %s", (driver) => {
  const tablesOf = async (path: string): Promise<unknown[]> => {
    const client = await openClient(path, driver);
    const rows = [
      ...client.prepare("select name, sql from sqlite_master where sql is not null").iterate(),
    ];
    client.close();
    return rows;
  };

  test("is this", async () => {
    const path = await testFile();
    await using backend = sqliteBackend({ path, driver });
    await backend.setup("create");
    expect(await tablesOf(path)).toMatchInlineSnapshot(`
      [
        {
          "name": "perdure_schema",
          "sql": "CREATE TABLE perdure_schema (version integer not null)",
        },
        {
          "name": "perdure_partition",
          "sql": "CREATE TABLE perdure_partition (
           id integer primary key,
           name text not null unique,
           revision integer not null,
           dropped integer not null
         )",
        },
        {
          "name": "perdure_record",
          "sql": "CREATE TABLE perdure_record (
           partition integer not null,
           key text not null,
           value blob not null,
           revision integer not null,
           expires_at integer
         )",
        },
        {
          "name": "perdure_record_key",
          "sql": "CREATE UNIQUE INDEX perdure_record_key on perdure_record (partition, key)",
        },
      ]
    `);
  });

  test("a verify makes nothing: no file, no table", async () => {
    const path = await testFile();
    await using backend = sqliteBackend({ path, driver });
    await expect(backend.setup("verify")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(existsSync(path)).toBe(false);

    (await openClient(path, driver)).close();
    await expect(backend.setup("verify")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await tablesOf(path)).toEqual([]);
  });

  test("a newer one is refused, by create and by verify, and left as it is", async () => {
    const path = await testFile();
    {
      await using backend = sqliteBackend({ path, driver });
      await backend.setup("create");
    }
    const client = await openClient(path, driver);
    client.exec(`update perdure_schema set version = ${migrations.length + 1}`);
    client.close();
    const before = await tablesOf(path);
    await using backend = sqliteBackend({ path, driver });
    await expect(backend.setup("create")).rejects.toBeInstanceOf(IncompatibleError);
    await expect(backend.setup("verify")).rejects.toBeInstanceOf(IncompatibleError);
    expect(await tablesOf(path)).toEqual(before);
  });

  test("lives beside the tables of others in the same file, and touches none of them", async () => {
    const path = await testFile();
    const client = await openClient(path, driver);
    client.exec("create table partition_of_mine (a); insert into partition_of_mine values (7)");
    client.exec("pragma user_version = 42");
    await using backend = sqliteBackend({ database: client });
    await backend.setup("create");
    expect({ ...(client.prepare("select a from partition_of_mine").get() as object) }).toEqual({
      a: 7,
    });
    expect({ ...(client.prepare("pragma user_version").get() as object) }).toEqual({
      user_version: 42,
    });
    client.close();
  });

  test.each([
    ["full", 2],
    ["normal", 1],
  ] as const)(
    "durability %s is SQLite's synchronous = %i, in WAL mode, without a busy timeout",
    async (durability, synchronous) => {
      const client = await openClient(await testFile(), driver);
      client.exec("pragma busy_timeout = 5000");
      await using backend = sqliteBackend({ database: client, durability });
      await backend.setup("create");
      const settings = ["synchronous", "journal_mode", "busy_timeout"].map((name) =>
        Object.values(client.prepare(`pragma ${name}`).get() as object),
      );
      expect(settings).toEqual([[synchronous], ["wal"], [0]]);
      client.close();
    },
  );
});
