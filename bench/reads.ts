import { join } from "node:path";
import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { sqliteBackend } from "@perdure/checkpoint-sqlite";
import { grow, startConversation, THREAD } from "./conversation.ts";
import { interleaved } from "./measure.ts";
import { newMessage } from "./message.ts";
import { rawMessages } from "./raw.ts";
import type { Row } from "./table.ts";

const MESSAGES = 200;
const WARM_UP = 50;
const REPETITIONS = 300;

/** The head of a thread of 200 messages, against reading the same messages from a table of their own and parsing each. */
export async function reads(folder: string): Promise<Row[]> {
  const raw = rawMessages(join(folder, "raw-reads.db"));
  for (let count = 0; count < MESSAGES; count += 1)
    raw.insert(THREAD, JSON.stringify(newMessage()));
  await using backend = sqliteBackend({ path: join(folder, "reads.db") });
  await using onNode = sqliteBackend({
    path: join(folder, "reads-on-node.db"),
    driver: "node:sqlite",
  });
  const warm = createStore({ backend });
  const inMemory = createStore({ backend: memoryBackend() });
  for (const store of [warm, inMemory, createStore({ backend: onNode })])
    await grow(await startConversation(store), MESSAGES);
  const started = (engine: typeof backend) =>
    Promise.all(
      Array.from({ length: WARM_UP + REPETITIONS }, async () => {
        const store = createStore({ backend: engine });
        await store.setup();
        return store;
      }),
    );
  const cold = await started(backend);
  const coldOnNode = await started(onNode);
  const took = await interleaved(
    {
      raw: () => raw.read(THREAD),
      warm: () => warm.checkpoints.get(THREAD),
      inMemory: () => inMemory.checkpoints.get(THREAD),
      cold: (repetition) => cold[repetition]?.checkpoints.get(THREAD),
      coldOnNode: (repetition) => coldOnNode[repetition]?.checkpoints.get(THREAD),
    },
    { warmUp: WARM_UP, repetitions: REPETITIONS },
  );
  raw.close();
  const row = (what: string, ours: number): Row => ({ what, ours, raw: took.raw, unit: "µs" });
  return [
    {
      ...row("get latest of 200 messages, p50, against a raw read and parse", took.warm),
      atMost: 2,
    },
    row("  the same in memory", took.inMemory),
    row("  the same by a process that has just started", took.cold),
    row("  the same by one on node:sqlite", took.coldOnNode),
  ];
}
