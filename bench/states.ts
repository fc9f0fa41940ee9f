import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { type Message, newMessage } from "./message.ts";
import type { Row } from "./table.ts";

const MESSAGES = 200;
const WARM_UP = 100;
const PUTS = 400;
/** What a put may take of a processor, in microseconds. */
const CPU = 1000;

/** Whole-state puts of a thread of 200 messages, each with one message more or less: what they take of the processor, the engine aside. */
export async function states(): Promise<Row[]> {
  const { checkpoints } = createStore({ backend: memoryBackend() });
  const thread = "whole-states";
  let messages: readonly Message[] = Array.from({ length: MESSAGES }, newMessage);
  const put = async (): Promise<void> => {
    messages = [...messages.slice(1), newMessage()];
    await checkpoints.put(thread, { messages, step: messages.length, status: "running" });
  };
  for (let count = 0; count < WARM_UP; count += 1) await put();
  const before = process.cpuUsage();
  for (let count = 0; count < PUTS; count += 1) await put();
  const { user, system } = process.cpuUsage(before);
  return [
    {
      what: "whole-state put at 200 messages, CPU each, against 1 ms",
      ours: (user + system) / PUTS,
      raw: CPU,
      unit: "µs",
      atMost: 1,
    },
  ];
}
