import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteBackend } from "@perdure/checkpoint-sqlite";
import { expect, onTestFinished, test } from "vitest";
import { memoryBackend } from "../../../src/index.ts";
import { tablePath, transitionTable } from "./table.ts";

test("keeps the page of transitions current", async () => {
  expect(await transitionTable(() => memoryBackend())).toBe(await readFile(tablePath, "utf8"));
});

test("makes the same transitions on SQLite", async () => {
  const folder = await mkdtemp(join(tmpdir(), "perdure-rows-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  let files = 0;
  const open = async () => {
    files += 1;
    const backend = sqliteBackend({ path: join(folder, `${files}.db`), durability: "normal" });
    await backend.setup("create");
    return backend;
  };
  expect(await transitionTable(open)).toBe(await readFile(tablePath, "utf8"));
});
