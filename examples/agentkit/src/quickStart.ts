import { createAgent, createNetwork, createTool, type Network } from "@inngest/agent-kit";
import { z } from "zod";

/** AgentKit's own quick start: a network of an agent with a tool, asked once. */
export async function quickStart(
  model: NonNullable<Network<object>["defaultModel"]>,
): Promise<unknown> {
  const refundOrder = createTool({
    name: "refund_order",
    description: "Refunds an order.",
    parameters: z.object({ order: z.string() }),
    handler: async ({ order }) => `Order ${order} is refunded.`,
  });
  const agent = createAgent({
    name: "billing",
    system: "You refund orders.",
    tools: [refundOrder],
  });
  const network = createNetwork({
    name: "support",
    agents: [agent],
    defaultModel: model,
    router: ({ callCount }) => (callCount < 2 ? agent : undefined),
  });
  const text = (await network.run("Refund order 7")).state.results.at(-1)?.output.at(-1);
  return text;
}
