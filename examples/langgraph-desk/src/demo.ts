import { createTestInngest } from "@perdure/inngest-bridge/testing";
import { desk as deskOf } from "./desk.ts";
import { scriptedModel } from "./model.ts";

/** A refund that a person agrees to, on an Inngest in this process. */
export async function demo(say: (line: string) => void): Promise<void> {
  const server = createTestInngest();
  const inngest = server.client({ id: "app" });
  const refund = async (order: string): Promise<string> => {
    say(`paid: order ${order}`);
    return "paid";
  };
  const outside = { model: scriptedModel, refund };
  const { store, desk } = await deskOf(outside, { inngest, storeUrl: "memory:" });
  await server.register({ client: inngest, functions: desk.functions });
  const { runId } = await desk.start({ threadId: "user:42", prompt: "Refund order #123" });
  await server.settle();
  for (const { id, tool, input } of (await desk.status({ runId }))?.pending ?? []) {
    say(`waits for a person: ${tool} ${JSON.stringify(input)}`);
    await desk.approve({ threadId: "user:42", approvalId: id, by: "dana" });
  }
  await server.settle();
  const steps = server.runs().flatMap((run) => run.steps.map(({ name }) => name));
  say(`steps: ${steps.join(" → ")}`);
  const outcome = (await desk.status({ runId }))?.run.outcome;
  if (outcome?.status !== "completed") throw new Error(`The run is ${outcome?.status}.`);
  say(`user:42 is told: ${(outcome.output as { readonly response: string }).response}`);
  await store[Symbol.asyncDispose]();
}
