import { Agent, type Model, run, tool } from "@openai/agents";
import { z } from "zod";

/** The SDK's own quick start: an agent with a tool, asked once. */
export async function quickStart(model: Model): Promise<string | undefined> {
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
  const { finalOutput: text } = await run(agent, "Refund order 7");
  return text;
}
