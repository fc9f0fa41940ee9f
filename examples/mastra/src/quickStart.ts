import { Agent } from "@mastra/core/agent";
import { createTool } from "@mastra/core/tools";
import { z } from "zod";

type Model = ConstructorParameters<typeof Agent>[0]["model"];

/** Mastra's own quick start: an agent with a tool, asked once. */
export async function quickStart(model: Model): Promise<string> {
  const agent = new Agent({
    id: "support",
    name: "Support",
    instructions: "You help customers with their orders.",
    model,
    tools: {
      refund_order: createTool({
        id: "refund_order",
        description: "Refunds an order.",
        inputSchema: z.object({ order: z.string() }),
        execute: async ({ order }) => `Order ${order} is refunded.`,
      }),
    },
  });
  const { text } = await agent.generate("Refund order 7");
  return text;
}
