import { join } from "node:path";
import { createStore, memoryBackend, partitionName } from "@perdure/checkpoint-core";
import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { grow, startConversation, THREAD } from "./conversation.ts";
import { databaseBytes } from "./raw.ts";
import type { Row } from "./table.ts";

const MESSAGES = 200;

/** What the file holds after 200 appends, the empty schema aside, against the bytes of the messages themselves. */
export async function bytes(folder: string): Promise<Row[]> {
  const empty = join(folder, "empty.db");
  {
    await using store = sqliteStore({ path: empty });
    await store.setup();
  }
  const full = join(folder, "full.db");
  let unique = 0;
  {
    await using store = sqliteStore({ path: full });
    unique = await grow(await startConversation(store), MESSAGES);
  }
  return [
    {
      what: `bytes after ${MESSAGES} appends against the messages' own`,
      ours: databaseBytes(full) - databaseBytes(empty),
      raw: unique,
      unit: "bytes",
      atMost: 1.7,
    },
    await inMemory(),
  ];
}

/** The keys and values of the thread's records. */
async function inMemory(): Promise<Row> {
  const backend = memoryBackend();
  const unique = await grow(await startConversation(createStore({ backend })), MESSAGES);
  const all = { from: "!", to: "\u007f", limit: 10_000 };
  const { records } = await backend.scan(partitionName("t", [undefined, THREAD]), all, Date.now());
  const ours = records.reduce((sum, { key, value }) => sum + key.length + value.byteLength, 0);
  return { what: "  the same in memory", ours, raw: unique, unit: "bytes", atMost: 1.7 };
}
