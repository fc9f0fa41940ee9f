import type { Message, Store } from "@perdure/checkpoint-core";
import { durable, durableModel, durableTool, perdureMiddleware } from "@perdure/inngest-bridge";
import { eventType, type Inngest, staticSchema } from "inngest";
import type { CallModel, Tool } from "./model.ts";

/** What the function is made with. */
export interface Surroundings {
  readonly inngest: Inngest.Any;
  readonly store: Store;
  readonly callModel: CallModel;
  readonly tools: readonly Tool[];
}

/** Somebody has said something. */
export const messageReceived = eventType("desk/message.received", {
  schema: staticSchema<{ readonly threadId: string; readonly message: string }>(),
});

/** The loop as people write it, in a function of one's own. `durableModel` and `durableTool` make steps of its calls, and the thread stands in the store. */
export function handleMessage({ inngest, store, callModel, tools }: Surroundings) {
  const ask = durableModel(callModel);
  const durableTools = new Map(tools.map((tool) => [tool.name, durableTool(tool)]));
  return inngest.createFunction(
    { id: "handle-message", triggers: [messageReceived], middleware: [perdureMiddleware] },
    async ({ event }) => {
      const { threadId, message } = event.data;
      // Entries are named by the event: a retry, and the same event again, add none.
      const heard = { id: `${event.id}:0`, value: { role: "user", content: message } };
      const messages = await durable("history", async () => {
        await store.history.append(threadId, [heard]);
        return (await store.history.read<Message>(threadId)).map(({ value }) => value);
      });
      const before = messages.length;
      for (;;) {
        const answer = await ask(messages);
        messages.push(answer);
        if (!answer.toolCalls) break;
        for (const { id, name, input } of answer.toolCalls) {
          const idempotencyKey = `${event.id}:${id}`;
          const content = await durableTools.get(name)?.execute(input as never, { idempotencyKey });
          messages.push({ role: "tool", toolCallId: id, toolName: name, content });
        }
      }
      const said = messages.slice(before);
      await durable("save", async () =>
        store.history.append(
          threadId,
          said.map((value, index) => ({ id: `${event.id}:${index + 1}`, value })),
        ),
      );
      return said.at(-1)?.content;
    },
  );
}
