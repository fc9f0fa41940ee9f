import { createStore, type Store } from "@perdure/checkpoint-core";
import { grow, startConversation, THREAD } from "../conversation.ts";
import type { Engine } from "../engines/engine.ts";
import { interleaved } from "../measure.ts";
import { newMessage } from "../message.ts";
import type { Row } from "../table.ts";
import { held, promises } from "./promises.ts";

const MESSAGES = 200;
const WARM_UP = 50;
const REPETITIONS = 300;

/** The head of a thread of 200 messages, against the driver alone that reads the same messages from a table of their own and parses each. */
export async function reads(engine: Engine): Promise<Row[]> {
  const raw = await (await engine.space()).raw?.();
  if (raw === undefined) return [];
  for (let count = 0; count < MESSAGES; count += 1)
    await raw.insert(THREAD, JSON.stringify(newMessage()));
  const backend = (await engine.space()).backend();
  const warm = createStore({ backend });
  await warm.setup();
  await grow(await startConversation(warm), MESSAGES);
  const cold: Store[] = [];
  while (cold.length < WARM_UP + REPETITIONS) {
    const store = createStore({ backend });
    await store.setup();
    cold.push(store);
  }
  const took = await interleaved(
    {
      raw: () => raw.read(THREAD),
      warm: () => warm.checkpoints.get(THREAD),
      cold: (repetition) => cold[repetition]?.checkpoints.get(THREAD),
    },
    { warmUp: WARM_UP, repetitions: REPETITIONS },
  );
  const row = (what: string, ours: number): Row => ({ what, ours, raw: took.raw, unit: "µs" });
  return [
    {
      ...row("get latest of 200 messages, p50, against a raw read and parse", took.warm),
      ...held(promises[engine.name].get),
    },
    row("  the same by a process that has just started", took.cold),
  ];
}
