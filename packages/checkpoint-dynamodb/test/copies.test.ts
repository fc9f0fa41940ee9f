import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyStore, openStore, type Store } from "@perdure/checkpoint-core";
import { type EngineName, freshPlace } from "@perdure/engines";
import { describeOn } from "@perdure/engines/vitest";
import { expect, inject, onTestFinished, test } from "vitest";
import { fill, seen } from "../../checkpoint-core/test/moving/full.ts";

const NOW = 1_700_000_000_000;

describeOn("dynamodb", "copyStore to a table and back", () => {
  test("of SQLite keeps everything, under one digest", async () => {
    await thereAndBack(async () => `file:${join(await newFolder(), "store.db")}`);
  });
});

describeOn(["dynamodb", "postgres"], "copyStore to a table and back", () => {
  test("of Postgres keeps everything, under one digest", async () => {
    await thereAndBack(async () => freshUrl("postgres"));
  });
});

describeOn(["dynamodb", "redis"], "copyStore to a table and back", () => {
  test("of Redis keeps everything, under one digest", async () => {
    await thereAndBack(async () => freshUrl("redis"));
  });
});

/** From one place of an engine into a table, and out of it into another place. */
async function thereAndBack(newUrl: () => Promise<string>): Promise<void> {
  const from = await opened(await newUrl());
  await fill(from);
  const before = await seen(from);
  const table = await opened(freshUrl("dynamodb"));
  const there = await copyStore(from, table);
  expect(there).toMatchObject({ threads: 9, busy: [], renewed: [] });
  expect(await seen(table)).toEqual(before);
  const back = await opened(await newUrl());
  const again = await copyStore(table, back);
  expect({ digest: again.digest, records: again.records }).toEqual({
    digest: there.digest,
    records: there.records,
  });
  expect(await seen(back)).toEqual(before);
}

async function opened(url: string): Promise<Store> {
  const store = await openStore(url, { now: () => NOW });
  onTestFinished(() => store[Symbol.asyncDispose]());
  return store;
}

function freshUrl(name: EngineName): string {
  const { url, remove } = freshPlace(name, inject(`${name}Url`));
  onTestFinished(remove);
  return url;
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "perdure-copies-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}
