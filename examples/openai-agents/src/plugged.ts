import { Agent, type Model, tool } from "@openai/agents";
import { createInngestAgent } from "@perdure/agent-adapters/openai-agents/inngest";
import { openStore } from "@perdure/checkpoint-core";
import type { Inngest, InngestFunction } from "inngest";
import { z } from "zod";

/** `quickStart` with Perdure. Inngest's own quick start makes the client and the route: `serve` stands for `serve({ client: inngest, functions })`. */
export async function plugged(
  model: Model,
  inngest: Inngest.Any,
  serve: (functions: InngestFunction.Any[]) => Promise<void>,
): Promise<string | undefined> {
  const refundOrder = tool({
    name: "refund_order",
    description: "Refunds an order.",
    parameters: z.object({ order: z.string() }),
    execute: async ({ order }) => `Order ${order} is refunded.`,
  });
  const agent = new Agent({
    name: "support",
    model,
    instructions: "You help customers with their orders.",
    tools: [refundOrder],
  });
  const support = createInngestAgent({ inngest, store: await openStore("memory:"), agent });
  await serve(support.functions);
  const { text } = (await support.stream("Refund order 7", { threadId: "user:42" })).output;
  return text;
}
