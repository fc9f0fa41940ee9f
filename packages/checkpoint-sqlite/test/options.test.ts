import { existsSync } from "node:fs";
import { openStore, type StoreOptions } from "@perdure/checkpoint-core";
import {
  sqliteBackend,
  type SqliteBackendOptions,
  sqliteStore,
  type SqliteStoreOptions,
} from "@perdure/checkpoint-sqlite";
import { expect, test } from "vitest";
import { testFile } from "./folder.ts";

test("a store has one place", async () => {
  const path = await testFile();
  const both = { path, url: `file:${path}` } as unknown as SqliteStoreOptions;
  expect(() => sqliteStore(both)).toThrow(
    expect.objectContaining({
      code: "INVALID_ARGUMENT",
      message: "A SQLite store has one place: a `path`, a `url` or a `database`.",
    }),
  );
});

test.each(["?mode=ro", "#top", "?"])(
  "a URL that ends with %s is refused, and no file is made",
  async (rest) => {
    const path = await testFile();
    for (const url of [`file:${path}${rest}`, `file://${path}${rest}`]) {
      expect(() => sqliteStore({ url })).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT" }),
      );
      await expect(openStore(url)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
    expect(existsSync(path)).toBe(false);
  },
);

test("a misspelled option is refused by its name, by every way to open a store", async () => {
  const path = await testFile();
  const misspelled = { path, encription: {} } as SqliteStoreOptions;
  const refusal = expect.objectContaining({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining("`encription`"),
  });
  expect(() => sqliteStore(misspelled)).toThrow(refusal);
  await expect(openStore(`file:${path}`, { encription: {} } as StoreOptions)).rejects.toEqual(
    refusal,
  );
  await expect(openStore("memory:", { encription: {} } as StoreOptions)).rejects.toEqual(refusal);
  expect(() => sqliteBackend({ path, durabilty: "normal" } as SqliteBackendOptions)).toThrow(
    expect.objectContaining({
      code: "INVALID_ARGUMENT",
      message: "The SQLite backend has no option `durabilty`.",
    }),
  );
  expect(() =>
    sqliteBackend({ path, secureDelete: "on" } as unknown as SqliteBackendOptions),
  ).toThrow(
    expect.objectContaining({
      code: "INVALID_ARGUMENT",
      message: "`secureDelete` is true or false.",
    }),
  );
});
