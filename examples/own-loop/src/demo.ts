import { type Message, openStore } from "@perdure/checkpoint-core";
import { createInngestAgent } from "@perdure/inngest-bridge";
import { createTestInngest, type TestInngestOptions } from "@perdure/inngest-bridge/testing";
import { deskAgent } from "./agent.ts";
import { handleMessage, messageReceived } from "./loop.ts";
import { scriptedModel, type Tool } from "./model.ts";

/** A question to the loop, and a refund by the agent, on an Inngest in this process. Resolves with both threads, the orders that were paid, and the number of requests. */
export async function demo(say: (line: string) => void, world: TestInngestOptions = {}) {
  const server = createTestInngest({ retryDelay: () => 1000, ...world });
  await using store = await openStore("memory:", { now: server.now });
  const inngest = server.client({ id: "desk-app", checkpointing: false });
  const paid = new Map<string, string>();
  const tools: readonly Tool[] = [
    { name: "look_up", execute: async ({ order }: { order: string }) => `Order ${order} is late.` },
    {
      name: "refund",
      isRisky: true,
      async execute({ order }: { order: string }, { idempotencyKey }) {
        paid.set(idempotencyKey, order);
        return `Order ${order} is refunded.`;
      },
    },
  ];
  const callModel = scriptedModel;
  const desk = createInngestAgent({ inngest, store, agent: deskAgent({ callModel, tools }) });
  const loop = handleMessage({ inngest, store, callModel, tools });
  const functions = [loop, ...desk.functions];
  await server.register({ create: () => ({ client: inngest, functions }) });
  const thread = async (threadId: string): Promise<readonly string[]> =>
    (await store.history.read<Message>(threadId)).map(
      ({ value }) => `${value.role}: ${String(value.content)}`,
    );

  const message = "Where is order 7?";
  await server.send(messageReceived.create({ threadId: "ann", message }));
  await server.settle({ advance: true });
  const steps = server.runs().flatMap((run) => run.steps.map(({ name }) => name));
  say(`the loop's steps: ${steps.join(" → ")}`);

  const { runId } = await desk.start({ threadId: "bob", prompt: "Refund order 7." });
  await server.settle({ advance: true });
  for (const { id, tool, input } of (await desk.status({ runId }))?.pending ?? []) {
    say(`the agent waits for a person: ${tool} ${JSON.stringify(input)}`);
    await desk.approve({ threadId: "bob", approvalId: id, by: "dana" });
  }
  await server.settle({ advance: true });
  const threads = { ann: await thread("ann"), bob: await thread("bob") };
  for (const [who, said] of Object.entries(threads))
    say(`${who}: ← ${said.at(-1)?.replace("assistant: ", "")}`);
  return { threads, paid: [...paid.values()], requests: server.requests.length };
}
