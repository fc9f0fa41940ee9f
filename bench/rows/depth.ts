import { createStore, type Store } from "@perdure/checkpoint-core";
import { type Conversation, grow, startConversation } from "../conversation.ts";
import type { Engine } from "../engines/engine.ts";
import { interleaved } from "../measure.ts";
import { newMessage } from "../message.ts";
import type { Row } from "../table.ts";
import { held, promises } from "./promises.ts";

/** Threads of each depth: twenty appends to a thread are too few for a median. */
const THREADS = 10;
const APPENDS = 20;

/** The messages 981 to 1,000 of a thread against the messages 101 to 120. */
export async function depth(engine: Engine): Promise<Row[]> {
  const store = createStore({ backend: (await engine.space()).backend() });
  await store.setup();
  const shallow = await grown(store, "shallow", 100);
  const deep = await grown(store, "deep", 980);
  const next = (conversations: readonly Conversation[]) => (repetition: number) =>
    conversations[Math.floor(repetition / APPENDS)]?.append(newMessage());
  const took = await interleaved(
    { shallow: next(shallow), deep: next(deep) },
    { warmUp: APPENDS, repetitions: (THREADS - 1) * APPENDS },
  );
  return [
    {
      what: "append, p50: messages 981-1000 against 101-120",
      ours: took.deep,
      raw: took.shallow,
      unit: "µs",
      ...held(promises[engine.name].depth),
    },
  ];
}

async function grown(store: Store, name: string, messages: number): Promise<Conversation[]> {
  const conversations: Conversation[] = [];
  for (let thread = 0; thread < THREADS; thread += 1) {
    const conversation = await startConversation(store, `${name}-${thread}`);
    await grow(conversation, messages);
    conversations.push(conversation);
  }
  return conversations;
}
