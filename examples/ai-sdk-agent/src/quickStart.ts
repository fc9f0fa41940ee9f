import { type LanguageModel, tool, ToolLoopAgent } from "ai";
import { z } from "zod";

/** The SDK's own quick start: an agent with a tool, asked once. */
export async function quickStart(model: LanguageModel): Promise<string> {
  const agent = new ToolLoopAgent({
    model,
    instructions: "You help customers with their orders.",
    tools: {
      refund_order: tool({
        description: "Refunds an order.",
        inputSchema: z.object({ order: z.string() }),
        execute: async ({ order }) => `Order ${order} is refunded.`,
      }),
    },
  });
  const { text } = await agent.generate({ prompt: "Refund order 7" });
  return text;
}
