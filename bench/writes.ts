import { join } from "node:path";
import { type Backend, createStore, type Store, type Write } from "@perdure/checkpoint-core";
import { sqliteBackend, sqliteStore } from "@perdure/checkpoint-sqlite";
import { grow, operation, startConversation, THREAD } from "./conversation.ts";
import { type Alternative, interleaved } from "./measure.ts";
import { newMessage } from "./message.ts";
import { rawMessages } from "./raw.ts";
import type { Row } from "./table.ts";

/** Enough for both logs to have been filled and begun anew once: until then every commit makes its file longer. */
const ROUNDS = { warmUp: 700, repetitions: 1000 };

/** One message after the other, in every way there is, each side by side with better-sqlite3 inserting the same message into a table of its own. */
export async function writes(folder: string): Promise<Row[]> {
  const raw = rawMessages(join(folder, "raw.db"));
  const insert: Alternative = () => raw.insert(THREAD, JSON.stringify(newMessage()));
  const row = async (what: string, ours: Alternative, atMost?: number): Promise<Row> => {
    const took = await interleaved({ ours, insert }, ROUNDS);
    const bound = atMost === undefined ? {} : { atMost };
    return { what, ours: took.ours, raw: took.insert, unit: "µs", ...bound };
  };
  await using store = sqliteStore({ path: join(folder, "store.db") });
  await using onNode = sqliteStore({ path: join(folder, "on-node.db"), driver: "node:sqlite" });
  await using alone = sqliteBackend({ path: join(folder, "alone.db") });
  await using aloneOnNode = sqliteBackend({
    path: join(folder, "alone-on-node.db"),
    driver: "node:sqlite",
  });
  const rows = [
    await row("append, p50, against a raw insert", await appender(store), 2),
    await row("  the same on node:sqlite", await appender(onNode)),
    await row("history append, p50, against a raw insert (1.4x is the aim)", historian(store)),
    await row("  the same on node:sqlite", historian(onNode)),
    await row("backend alone: a write of one record", await writer(alone, 1)),
    await row("backend alone: a write of three records", await writer(alone, 3)),
    await row("  the same on node:sqlite", await writer(aloneOnNode, 3)),
  ];
  raw.close();
  return rows;
}

async function appender(store: Store): Promise<Alternative> {
  const conversation = await startConversation(store);
  return () => conversation.append(newMessage());
}

function historian(store: Store): Alternative {
  return (repetition) =>
    store.history.append("history-1", [{ value: newMessage() }], {
      operationId: operation(repetition),
    });
}

/** Batches as an append makes them: the message, a small record that is replaced, a small one that is new. */
async function writer(backend: Backend, records: 1 | 3): Promise<Alternative> {
  await backend.setup("create");
  const small = new Uint8Array(60).fill(120);
  return async (repetition) => {
    const value = new TextEncoder().encode(JSON.stringify(newMessage()));
    const all: Write[] = [
      { op: "append", prefix: "c/", value },
      { op: "put", key: "h", value: small, expect: "any" },
      { op: "put", key: `o/c-append//${operation(repetition)}`, value: small, expect: "absent" },
    ];
    await backend.write(`records-${records}`, { writes: all.slice(0, records), now: 0 });
  };
}

/** An append by a process that has just started, to a thread of 200 messages: it reads the thread first. */
export async function coldWrites(folder: string): Promise<Row[]> {
  const repetitions = 40;
  const raw = rawMessages(join(folder, "raw-beside-cold.db"));
  await using backend = sqliteBackend({ path: join(folder, "cold.db") });
  const threads = await Promise.all(
    Array.from({ length: 4 }, async (_, index) => {
      const threadId = `cold-${index}`;
      await grow(await startConversation(createStore({ backend }), threadId), 200);
      return threadId;
    }),
  );
  const appends = await Promise.all(
    Array.from({ length: repetitions * 2 }, async (_, index) => {
      const store = createStore({ backend });
      await store.setup();
      const threadId = threads[index % threads.length] ?? "";
      return async () => {
        const [head] = await store.checkpoints.list(threadId, { limit: 1 });
        await store.checkpoints.append(threadId, {
          parentId: head?.id ?? "",
          changes: [{ path: ["messages"], append: [newMessage()] }],
          operationId: operation(10_000 + index),
        });
      };
    }),
  );
  const took = await interleaved(
    {
      raw: () => raw.insert(THREAD, JSON.stringify(newMessage())),
      cold: (repetition) => appends[repetition]?.(),
    },
    { warmUp: repetitions, repetitions },
  );
  raw.close();
  return [
    {
      what: "append to 200 messages by a process that has just started",
      ours: took.cold,
      raw: took.raw,
      unit: "µs",
    },
  ];
}
