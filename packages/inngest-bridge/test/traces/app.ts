import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { Inngest } from "inngest";
import { extendedTracesMiddleware } from "inngest/experimental";
import { createAgentLoop, createInngestAgent, currentStep } from "../../src/index.ts";
import { createTestInngest } from "../../src/testing/index.ts";

// A process of its own: the traces' provider patches modules for all that run beside it.
const server = createTestInngest({ clock: "virtual" });
const steps: (string | undefined)[] = [];
const inngest = new Inngest({
  id: "traced",
  isDev: true,
  baseUrl: server.baseUrl,
  fetch: server.fetch,
  middleware: [extendedTracesMiddleware({ behaviour: "createProvider" })],
});
const store = createStore({ backend: memoryBackend() });
const work = (requiresApproval: boolean) => ({
  description: "Works.",
  parameters: { type: "object" },
  requiresApproval,
  execute: () => {
    steps.push(currentStep()?.id);
    return "done";
  },
});
const agent = createInngestAgent({
  inngest,
  store,
  waitInRun: { timeoutMs: 60_000 },
  agent: createAgentLoop({
    name: "support",
    tools: { look: work(false), refund: work(true) },
    systemPrompt: () => "You are kind.",
    model: ({ turn }) =>
      turn === 1
        ? {
            text: "",
            toolCalls: [
              { id: "a", name: "look", input: {} },
              { id: "b", name: "look", input: {} },
              { id: "c", name: "refund", input: {} },
            ],
          }
        : { text: "refunded" },
  }),
});
await server.register({ client: inngest, functions: agent.functions });
await agent.start({ threadId: "t", runId: "r", prompt: "go" });
await server.settle();
await agent.approve({ threadId: "t", callId: "c" });
await server.settle({ advance: true });
const run = (await agent.status({ runId: "r" }))?.run;
const messages = await store.history.read("t");
process.stdout.write(
  `${JSON.stringify({ status: run?.status, messages: messages.length, steps: new Set(steps).size })}\n`,
  // The provider's exporters hold the process open.
  () => process.exit(0),
);
