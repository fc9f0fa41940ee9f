import { createStore } from "@perdure/checkpoint-core";
import type { Engine } from "../engines/engine.ts";
import { type Message, newMessage } from "../message.ts";
import type { Keeper } from "../peers/keeper.ts";
import { inLangGraph } from "../peers/langgraph.ts";
import { appending } from "../peers/ours.ts";
import type { Row } from "../table.ts";
import { held, promises } from "./promises.ts";

const THREADS = 16;
const MESSAGES = 200;

/** 16 threads of one process that grow to 200 messages at once, each saved after each message: the time of all together for a message, against LangGraph's saver on the same pool. */
export async function crowd(engine: Engine): Promise<Row[]> {
  if (promises[engine.name].crowd === undefined) return [];
  const saver = await (await engine.space()).langGraph?.();
  if (saver === undefined) return [];
  const store = createStore({ backend: (await engine.space()).backend() });
  await store.setup();
  const messages = Array.from({ length: MESSAGES }, newMessage);
  const grow = async (name: string, keeper: (threadId: string) => Promise<Keeper>) => {
    const ids = Array.from({ length: THREADS }, (_, index) => `${name}-${index}`);
    const keepers = await Promise.all(ids.map(keeper));
    return perMessage(keepers, messages);
  };
  await grow("warm-up", (threadId) => appending(store, threadId));
  await grow("warm-up", async (threadId) => inLangGraph(saver, threadId));
  const ours = await grow("crowd", (threadId) => appending(store, threadId));
  const theirs = await grow("crowd", async (threadId) => inLangGraph(saver, threadId));
  return [
    {
      what: `${THREADS} threads that grow to ${MESSAGES} messages at once, time for a message, against LangGraph's`,
      ours,
      raw: theirs,
      unit: "µs",
      ...held(promises[engine.name].crowd),
    },
  ];
}

async function perMessage(
  keepers: readonly Keeper[],
  messages: readonly Message[],
): Promise<number> {
  const begun = performance.now();
  await Promise.all(
    keepers.map(async ({ save }) => {
      for (let count = 1; count <= messages.length; count += 1)
        await save(messages.slice(0, count));
    }),
  );
  return ((performance.now() - begun) * 1000) / (keepers.length * messages.length);
}
