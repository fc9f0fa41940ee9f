import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { crashRun, mishaps, type Pair } from "../drills/crash.ts";

async function memory(): Promise<Pair> {
  const backend = memoryBackend();
  const [a, b] = [createStore({ backend }), createStore({ backend })];
  return { a, b, [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose]() };
}

async function sqlite(): Promise<Pair> {
  const folder = await mkdtemp(join(tmpdir(), "perdure-crash-"));
  const [a, b] = [0, 1].map(() => sqliteStore({ path: join(folder, "store.db") }));
  if (!a || !b) throw new Error("There are two stores.");
  return {
    a,
    b,
    async [Symbol.asyncDispose]() {
      await Promise.all([a, b].map((store) => store[Symbol.asyncDispose]()));
      await rm(folder, { recursive: true });
    },
  };
}

test.each([
  { checkpointing: true, stores: memory, every: 3, name: "memory" },
  { checkpointing: false, stores: memory, every: 3, name: "memory" },
  { checkpointing: true, stores: sqlite, every: 11, name: "SQLite" },
  { checkpointing: false, stores: sqlite, every: 13, name: "SQLite" },
])(
  "one refund and one history, whatever is stopped, lost or doubled ($name, checkpointing $checkpointing)",
  {
    timeout: 60_000,
  },
  async ({ every, ...options }) => {
    const traffic = await crashRun(options);
    expect(traffic).toEqual(
      options.checkpointing
        ? { call: 7, checkpoint: 10, events: 4, work: 7, outside: [0, 1, 2] }
        : { call: 17, checkpoint: 0, events: 4, work: 7, outside: [0, 1, 2] },
    );
    const wanted = mishaps(traffic).filter((_, place) => place % every === 0);
    for (const mishap of wanted) await crashRun(options, mishap);
  },
);
