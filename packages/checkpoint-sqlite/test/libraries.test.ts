import { mkdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import { DatabaseSync } from "node:sqlite";
import {
  type SqliteClient,
  type SqliteDriver,
  sqliteBackend,
  sqliteStore,
} from "@perdure/checkpoint-sqlite";
import { describe, expect, test } from "vitest";
import { drivers, testFile } from "./folder.ts";

const pairs: readonly (readonly [SqliteDriver, SqliteDriver])[] = [
  ["better-sqlite3", "node:sqlite"],
  ["node:sqlite", "better-sqlite3"],
];
interface Connection extends SqliteClient {
  close(): unknown;
}

const Database = createRequire(import.meta.url)("better-sqlite3") as new (
  path: string,
) => Connection;

const opens: Readonly<Record<SqliteDriver, (path: string) => Connection>> = {
  "better-sqlite3": (path: string) => new Database(path),
  "node:sqlite": (path: string) => new DatabaseSync(path),
};
const refusal = { code: "INVALID_ARGUMENT", retryable: false };

describe.each(pairs)("a file that is open in this process with %s", (first, second) => {
  test("is refused to %s, and no acknowledged write is lost when that closes", async () => {
    const path = await testFile();
    await using one = sqliteStore({ path, driver: first });
    await one.history.append("t", [{ id: "1", value: 1 }]);
    {
      await using other = sqliteStore({ path, driver: second });
      await expect(other.history.read("t")).rejects.toMatchObject({
        ...refusal,
        message: `${path} is open in this process with another SQLite library (${first}; asked for: ${second}), and two of them lose acknowledged writes: use the same one, or another process.`,
      });
      await expect(other.history.append("t", [{ id: "2", value: 2 }])).rejects.toMatchObject(
        refusal,
      );
    }
    await one.history.append("t", [{ id: "3", value: 3 }]);
    await using same = sqliteStore({ path, driver: first });
    expect((await same.history.read("t")).map(({ id }) => id)).toEqual(["1", "3"]);
  });

  test("is known by any of its paths, and by its connection", async () => {
    const path = await testFile();
    await using one = sqliteBackend({ path, driver: first });
    await one.setup("create");
    const folder = dirname(path);
    await mkdir(join(folder, "sub"));
    await symlink(path, join(folder, "sub", "link.db"));
    await symlink(folder, join(folder, "sub", "folder"));
    const paths = [
      join(folder, "sub", "link.db"),
      join(folder, "sub", "folder", "test.db"),
      `${folder}/sub/../test.db`,
    ];
    for (const other of paths) {
      await using backend = sqliteBackend({ path: other, driver: second });
      await expect(backend.setup("create"), other).rejects.toMatchObject(refusal);
    }
  });

  test("is refused to a connection of %s that is passed in", async () => {
    const path = await testFile();
    await using one = sqliteBackend({ path, driver: first });
    await one.setup("create");
    const theirs = opens[second](path);
    await using other = sqliteBackend({ database: theirs });
    await expect(other.setup("create")).rejects.toMatchObject(refusal);
    await one[Symbol.asyncDispose]();
    await other.setup("create");
    theirs.close();
  });

  test("and was passed in is refused to %s until its owner closes it", async () => {
    const path = await testFile();
    const mine = opens[first](path);
    const one = sqliteBackend({ database: mine });
    await one.setup("create");
    await using other = sqliteBackend({ path, driver: second });
    await expect(other.setup("create")).rejects.toMatchObject(refusal);
    await one[Symbol.asyncDispose]();
    await expect(other.setup("create"), "still open").rejects.toMatchObject(refusal);
    mine.close();
    await other.setup("create");
  });

  test("may be opened with %s once it was closed", async () => {
    const path = await testFile();
    {
      await using one = sqliteStore({ path, driver: first });
      await one.checkpoints.put("t", { n: 1 });
    }
    await using other = sqliteStore({ path, driver: second });
    expect(await other.checkpoints.get("t")).toEqual({ n: 1 });
  });
});

test("databases in memory are nobody's file", async () => {
  const stores = drivers
    .flatMap((driver) => [driver, driver])
    .map((driver) => sqliteStore({ path: ":memory:", driver }));
  for (const [n, store] of stores.entries()) await store.checkpoints.put("t", { n });
  for (const [n, store] of stores.entries())
    expect(await store.checkpoints.get("t")).toEqual({ n });
  await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()));
});
