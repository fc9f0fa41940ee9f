import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { describe, expect, test } from "vitest";
import { openClient } from "../src/open.ts";
import { drivers, testFile } from "./folder.ts";

const SECRET = "ann lives at 12 Elm Street";

/** Texts small and large, in every part that keeps some: none is left in the records, so what is found is in free room. */
async function writeAndErase(store: ReturnType<typeof sqliteStore>): Promise<void> {
  const texts = Array.from({ length: 60 }, (_, n) => `${SECRET}, entry ${n}`);
  await store.history.append(
    "t",
    texts.map((value, n) => ({ id: `m${n}`, value })),
  );
  await store.memory.write({ kind: "user" }, [{ text: SECRET }], { operationId: "m" });
  await store.checkpoints.put("t", { text: SECRET.repeat(2000) });
  await store.erase({ operationId: "ann has left" });
}

describe.each(drivers)("what was erased, %s", (driver) => {
  test("is in no file once the store is closed, also while another connection keeps the log", async () => {
    const path = await testFile();
    const other = await openClient(path, driver);
    const store = sqliteStore({ path, driver, compress: false, scope: { user: "ann" } });
    await writeAndErase(store);
    other.prepare("select count(*) from perdure_record").get();
    await store[Symbol.asyncDispose]();
    expect((await stat(`${path}-wal`)).size).toBe(0);
    expect((await readFile(path)).includes(SECRET)).toBe(false);
    other.close();
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  test("can be found in free pages with `secureDelete: false`", async () => {
    const path = await testFile();
    const store = sqliteStore({
      path,
      driver,
      compress: false,
      scope: { user: "ann" },
      secureDelete: false,
    });
    await writeAndErase(store);
    await store[Symbol.asyncDispose]();
    expect((await readFile(path)).includes(SECRET)).toBe(true);
  });

  test("a connection that is passed in keeps its own setting unless it is asked for", async () => {
    const database = await openClient(await testFile(), driver);
    const secureDelete = (): unknown => database.prepare("pragma secure_delete").get();
    database.exec("pragma secure_delete = off");
    await sqliteStore({ database }).setup();
    expect(secureDelete()).toEqual({ secure_delete: 0 });
    await sqliteStore({ database, secureDelete: true }).setup();
    expect(secureDelete()).toEqual({ secure_delete: 1 });
    await sqliteStore({ database }).setup();
    expect(secureDelete()).toEqual({ secure_delete: 1 });
    database.close();
  });
});
