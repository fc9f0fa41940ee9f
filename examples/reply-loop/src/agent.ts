import type { Store } from "@perdure/checkpoint-core";
import { createAgentLoop, defineTool, delegate, type ModelFunction } from "@perdure/inngest-bridge";
import { eventType, type Inngest, staticSchema } from "inngest";

/** What the agent is made with. */
export interface Surroundings {
  readonly inngest: Inngest.Any;
  readonly store: Store;
  readonly model: ModelFunction;
  readonly readFile: (path: string) => Promise<string>;
  /** Where people talk to the agent. It shows a reply once for each key. */
  readonly channel: { post(thread: string, text: string, key: string): Promise<void> };
}

/** Somebody has said something. */
export const messageReceived = eventType("agent/message.received", {
  schema: staticSchema<{ readonly sessionKey: string; readonly message: string }>(),
});

/** An Inngest function of one's own that runs the loop: think, act, observe, reply. */
export function handleMessage({ inngest, store, model, readFile, channel }: Surroundings) {
  const tools = {
    read: defineTool({
      description: "Reads a file of the workspace.",
      parameters: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
      execute: async ({ path }: { path: string }) => readFile(path),
    }),
  };
  // A sub-agent is the same loop with fewer tools: none that delegates.
  const helper = createAgentLoop({ name: "helper", model, tools });
  const loop = createAgentLoop({
    name: "assistant",
    store,
    model,
    systemPrompt: async () => `You know this workspace:\n${await readFile("CONTEXT.md")}`,
    tools: { ...tools, delegate_task: delegate(helper, { description: "Does a task." }) },
    maxIterations: 20,
    compaction: { above: 200, keep: 40, summarize: async (old) => `${old.length} messages.` },
    onReply: async ({ response }, { threadId, idempotencyKey }) =>
      channel.post(threadId, response, idempotencyKey),
  });
  return inngest.createFunction(
    {
      id: "agent-handle-message",
      retries: 2,
      triggers: [messageReceived],
      singleton: { key: "event.data.sessionKey", mode: "cancel" },
    },
    async ({ event, step }) => {
      const { message, sessionKey } = event.data;
      return loop(step, { threadId: sessionKey, message });
    },
  );
}
