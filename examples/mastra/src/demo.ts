import type { Message } from "@perdure/checkpoint-core";
import { createTestInngest } from "@perdure/inngest-bridge/testing";
import { supportAgent } from "./agent.ts";
import { scriptedModel } from "./model.ts";

/** A refund that a person agrees to, on an Inngest in this process. */
export async function demo(say: (line: string) => void): Promise<void> {
  const server = createTestInngest();
  const inngest = server.client({ id: "app" });
  const refund = async (order: string): Promise<string> => {
    say(`paid: order ${order}`);
    return "paid";
  };
  const surroundings = { inngest, storeUrl: "memory:", refund };
  const { store, support } = await supportAgent(scriptedModel as never, surroundings);
  await server.register({ client: inngest, functions: support.functions });
  const { runId } = await support.start({ threadId: "user:42", prompt: "Refund order 7" });
  await server.settle();
  for (const { id, tool, input } of (await support.status({ runId }))?.pending ?? []) {
    say(`waits for a person: ${tool} ${JSON.stringify(input)}`);
    await support.approve({ threadId: "user:42", approvalId: id, by: "dana" });
  }
  await server.settle();
  const steps = server.runs().flatMap((run) => run.steps.map(({ name }) => name));
  say(`steps: ${steps.join(" → ")}`);
  const history = await store.history.read<Message>("user:42");
  say(`user:42 is told: ${String(history.at(-1)?.value.content)}`);
  await store[Symbol.asyncDispose]();
}
