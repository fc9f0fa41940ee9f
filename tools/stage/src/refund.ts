import type { Store } from "@perdure/checkpoint-core";
import type { InngestAgent, LoopOutput } from "@perdure/inngest-bridge";
import { createTestInngest } from "@perdure/inngest-bridge/testing";
import type { Inngest } from "inngest";

/** What an example makes its agent with. */
export interface Surroundings {
  readonly inngest: Inngest.Any;
  readonly storeUrl: string;
  /** The payment side, which says what it pays. */
  readonly refund: (order: string) => Promise<string>;
}

/** An example's agent, and its store. */
export interface Desk {
  readonly store: Store;
  readonly agent: Pick<InngestAgent, "approve" | "functions" | "start" | "status">;
}

/**
 * A refund that a person agrees to, by the agent that `make` makes, on an Inngest and a store in this process. Says what is asked, what is paid, the steps that it took and what the customer is told. Throws when
 * the run does not complete.
 */
export async function playRefund(
  say: (line: string) => void,
  prompt: string,
  make: (surroundings: Surroundings) => Promise<Desk>,
): Promise<void> {
  const server = createTestInngest();
  const inngest = server.client({ id: "app" });
  const refund = async (order: string): Promise<string> => {
    say(`paid: order ${order}`);
    return "paid";
  };
  const { store, agent } = await make({ inngest, storeUrl: "memory:", refund });
  await server.register({ client: inngest, functions: agent.functions });
  const { runId } = await agent.start({ threadId: "user:42", prompt });
  await server.settle();
  for (const { id, tool, input } of (await agent.status({ runId }))?.pending ?? []) {
    say(`waits for a person: ${tool} ${JSON.stringify(input)}`);
    await agent.approve({ threadId: "user:42", approvalId: id, by: "dana" });
  }
  await server.settle();
  const steps = server.runs().flatMap((run) => run.steps.map(({ name }) => name));
  say(`steps: ${steps.join(" → ")}`);
  const outcome = (await agent.status({ runId }))?.run.outcome;
  if (outcome?.status !== "completed") throw new Error(`The run is ${outcome?.status}.`);
  say(`user:42 is told: ${(outcome.output as LoopOutput).response}`);
  await store[Symbol.asyncDispose]();
}
