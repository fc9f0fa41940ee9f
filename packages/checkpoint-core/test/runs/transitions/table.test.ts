import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteBackend } from "@perdure/checkpoint-sqlite";
import { expect, onTestFinished, test } from "vitest";
import { memoryBackend } from "../../../src/index.ts";
import { tablePath, transitionTable } from "./table.ts";

test("keeps the page of transitions current", async () => {
  expect(await transitionTable(memoryBackend())).toBe(await readFile(tablePath, "utf8"));
});

test("makes the same transitions on SQLite", async () => {
  const folder = await mkdtemp(join(tmpdir(), "perdure-rows-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const backend = sqliteBackend({ path: join(folder, "rows.db"), durability: "normal" });
  onTestFinished(() => backend[Symbol.asyncDispose]());
  await backend.setup("create");
  expect(await transitionTable(backend)).toBe(await readFile(tablePath, "utf8"));
});
