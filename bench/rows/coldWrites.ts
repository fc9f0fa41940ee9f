import { createStore } from "@perdure/checkpoint-core";
import { grow, operation, startConversation, THREAD } from "../conversation.ts";
import type { Engine } from "../engines/engine.ts";
import { type Alternative, interleaved } from "../measure.ts";
import { newMessage } from "../message.ts";
import type { Row } from "../table.ts";

const THREADS = 4;
const MESSAGES = 200;
const APPENDS = 40;

/** An append by a process that has just started, to a thread of 200 messages: it reads the thread first. */
export async function coldWrites(engine: Engine): Promise<Row[]> {
  const raw = await (await engine.space()).raw?.();
  if (raw === undefined) return [];
  const backend = (await engine.space()).backend();
  const store = createStore({ backend });
  await store.setup();
  for (let thread = 0; thread < THREADS; thread += 1)
    await grow(await startConversation(store, `cold-${thread}`), MESSAGES);
  const appends: Alternative[] = [];
  while (appends.length < APPENDS * 2) {
    const other = createStore({ backend });
    await other.setup();
    const threadId = `cold-${appends.length % THREADS}`;
    const operationId = operation(10_000 + appends.length);
    appends.push(async () => {
      const [head] = await other.checkpoints.list(threadId, { limit: 1 });
      const changes = [{ path: ["messages"], append: [newMessage()] }];
      await other.checkpoints.append(threadId, { parentId: head?.id ?? "", changes, operationId });
    });
  }
  const took = await interleaved(
    {
      raw: () => raw.insert(THREAD, JSON.stringify(newMessage())),
      cold: (repetition) => appends[repetition]?.(repetition),
    },
    { warmUp: APPENDS, repetitions: APPENDS },
  );
  return [
    {
      what: "append to 200 messages by a process that has just started",
      ours: took.cold,
      raw: took.raw,
      unit: "µs",
    },
  ];
}
