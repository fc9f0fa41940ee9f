import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { StorageError } from "@perdure/checkpoint-core";
import { sqliteBackend, sqliteStore } from "@perdure/checkpoint-sqlite";
import { describe, expect, test } from "vitest";
import { isBusy, resultCodes, storageError } from "../src/errors.ts";
import { openClient } from "../src/open.ts";
import { drivers, testFile } from "./folder.ts";

/** An error as better-sqlite3 throws it, and the same as `node:sqlite` does. */
const shapes = [
  ["better-sqlite3", (_: number, name: string) => driverError({ code: name })],
  [
    "better-sqlite3, extended",
    (_: number, name: string) => driverError({ code: `${name}_SNAPSHOT` }),
  ],
  ["node:sqlite", (number: number) => driverError({ code: "ERR_SQLITE_ERROR", errcode: number })],
  [
    "node:sqlite, extended",
    (number: number) => driverError({ code: "ERR_SQLITE_ERROR", errcode: number | (2 << 8) }),
  ],
] as const;

function driverError(properties: object): Error {
  return Object.assign(new Error("what the driver says"), properties);
}

describe.each(shapes)("a result code of %s", (_, shape) => {
  test.each([
    ...resultCodes,
    [8, "SQLITE_READONLY", "BACKEND"],
    [19, "SQLITE_CONSTRAINT", "BACKEND"],
    [1, "SQLITE_ERROR", "BACKEND"],
  ] as const)("%i %s is %s", (number, name, code) => {
    const cause = shape(number, name);
    const error = storageError(cause);
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({
      code,
      retryable: ["CONTENTION", "FULL", "UNAVAILABLE"].includes(code),
      cause,
    });
    expect(isBusy(cause)).toBe(code === "CONTENTION");
  });
});

test("an error of ours is not translated again", () => {
  const error = new StorageError("CONFLICT", "ours");
  expect(storageError(error)).toBe(error);
  expect(isBusy(error)).toBe(false);
});

describe.each(drivers)("what goes wrong with a real file, %s", (driver) => {
  const put = {
    writes: [{ op: "put", key: "a", value: new Uint8Array(100_000), expect: "any" }],
    now: 0,
  } as const;

  test("a file that is no database is CORRUPT", async () => {
    const path = await testFile();
    await writeFile(path, "this is a letter, and has always been one".repeat(100));
    await using backend = sqliteBackend({ path, driver });
    await expect(backend.setup("create")).rejects.toMatchObject({ code: "CORRUPT" });
  });

  test("a folder that is not there is NOT_FOUND, and a folder in the file's place is INVALID_ARGUMENT", async () => {
    const folder = dirname(await testFile());
    await using nowhere = sqliteBackend({ path: join(folder, "no", "x.db"), driver });
    await expect(nowhere.setup("create")).rejects.toMatchObject({
      code: "NOT_FOUND",
      retryable: false,
      message: `There is no folder ${join(folder, "no")}: make it first.`,
      cause: expect.any(Error),
    });
    await using inFolder = sqliteBackend({ path: folder, driver });
    await expect(inFolder.setup("create")).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: `${folder} is a folder, not a SQLite file.`,
    });
  });

  test("a store does not touch its file before the first use, and is told by setup that it cannot be opened", async () => {
    const path = await testFile();
    await using store = sqliteStore({ path, driver });
    expect(existsSync(path)).toBe(false);
    await store.setup();
    expect(existsSync(path)).toBe(true);
    await using nowhere = sqliteStore({ path: join(path, "no", "x.db"), driver });
    await expect(nowhere.setup()).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("a full file is FULL and says that nothing was written, leaves the database whole, and takes writes again when there is room", async () => {
    const client = await openClient(await testFile(), driver);
    await using backend = sqliteBackend({ database: client });
    await backend.setup("create");
    await backend.write("p", put);
    client.exec("pragma max_page_count = 1");
    await expect(
      backend.write("p", {
        writes: [
          { op: "put", key: "b", value: new Uint8Array(1), expect: "any" },
          { op: "put", key: "c", value: new Uint8Array(1_000_000), expect: "any" },
        ],
        now: 0,
      }),
    ).rejects.toMatchObject({
      code: "FULL",
      retryable: true,
      message: "SQLite: database or disk is full; nothing was written.",
    });
    client.exec("pragma max_page_count = 100000");
    expect(await backend.write("p", put)).toEqual({ revision: 2 });
    expect(await backend.read("p", ["b", "c"], 0)).toEqual([undefined, undefined]);
    expect(client.prepare("pragma integrity_check").get()).toEqual({ integrity_check: "ok" });
    client.close();
  });

  test("a put into a full file is told as not written, without an operation id too", async () => {
    const client = await openClient(await testFile(), driver);
    await using store = sqliteStore({ database: client });
    await store.checkpoints.put("t", { n: 1 });
    client.exec("pragma max_page_count = 1");
    const state = { text: Array.from({ length: 100_000 }, () => Math.random()) };
    await expect(store.checkpoints.put("t", state)).rejects.toMatchObject({
      code: "FULL",
      retryable: true,
    });
    expect(await store.checkpoints.get("t")).toEqual({ n: 1 });
    client.close();
  });

  test("a connection that was passed in stays open after disposal, and one that its owner closed is CLOSED", async () => {
    const client = await openClient(":memory:", driver);
    const backend = sqliteBackend({ database: client });
    await backend.setup("create");
    await backend[Symbol.asyncDispose]();
    expect(client.prepare("select 1 as one").get()).toEqual({ one: 1 });

    const again = sqliteBackend({ database: client });
    await again.write("p", put);
    client.close();
    await expect(again.write("p", put)).rejects.toMatchObject({ code: "CLOSED", retryable: false });
    await expect(again.read("p", ["a"], 0)).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("a file without our tables fails with an error, not with an empty answer", async () => {
    await using backend = sqliteBackend({ path: await testFile(), driver });
    await expect(backend.read("p", ["a"], 0)).rejects.toMatchObject({ code: "BACKEND" });
  });
});
