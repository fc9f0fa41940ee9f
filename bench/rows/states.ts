import { createStore } from "@perdure/checkpoint-core";
import { operation } from "../conversation.ts";
import type { Engine } from "../engines/engine.ts";
import { type Message, newMessage } from "../message.ts";
import type { Row } from "../table.ts";
import { held, promises } from "./promises.ts";

const MESSAGES = 200;
const WARM_UP = 100;
const PUTS = 400;
/** What a put may take of a processor, in microseconds. */
const CPU = 1000;

/** Whole-state puts of a thread of 200 messages, each with another last one under an operation id of its own: what they take of the processor, that of another process aside. */
export async function states(engine: Engine): Promise<Row[]> {
  const store = createStore({ backend: (await engine.space()).backend() });
  await store.setup();
  let messages: readonly Message[] = Array.from({ length: MESSAGES }, newMessage);
  const put = async (step: number): Promise<void> => {
    messages = [...messages.slice(1), newMessage()];
    const state = { messages, step, status: "running" };
    await store.checkpoints.put("whole-states", state, { operationId: operation(step) });
  };
  for (let step = 0; step < WARM_UP; step += 1) await put(step);
  const before = process.cpuUsage();
  for (let step = WARM_UP; step < WARM_UP + PUTS; step += 1) await put(step);
  const { user, system } = process.cpuUsage(before);
  return [
    {
      what: "whole-state put at 200 messages, CPU each, against 1 ms",
      ours: (user + system) / PUTS,
      raw: CPU,
      unit: "µs",
      ...held(promises[engine.name].wholeState ?? 1),
    },
  ];
}
