import { z } from "zod";
import { createAgent, type LanguageModel } from "./ziroAgents.ts";

/** Ziro's own quick start: an agent with a tool, asked once. */
export async function quickStart(model: LanguageModel): Promise<string> {
  const refundOrder = {
    name: "refund_order",
    description: "Refunds an order.",
    input: z.object({ order: z.string() }),
    execute: async ({ order }: { order: string }) => `Order ${order} is refunded.`,
  };
  const agent = createAgent({ name: "support", model, tools: { refund_order: refundOrder } });
  const { text } = await agent.run({ prompt: "Refund order 7" });
  return text;
}
