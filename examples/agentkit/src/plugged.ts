import { createAgent, createNetwork, createTool, type Network } from "@inngest/agent-kit";
import { createInngestAgent } from "@perdure/agent-adapters/agentkit";
import { openStore } from "@perdure/checkpoint-core";
import type { Inngest, InngestFunction } from "inngest";
import { z } from "zod";

/** `quickStart` with Perdure. Inngest's own quick start makes the client and the route: `serve` stands for `serve({ client: inngest, functions })`. */
export async function plugged(
  model: NonNullable<Network<object>["defaultModel"]>,
  inngest: Inngest.Any,
  serve: (functions: InngestFunction.Any[]) => Promise<void>,
): Promise<string> {
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
  const support = createInngestAgent({
    inngest,
    store: await openStore("memory:"),
    agent: network,
  });
  await serve(support.functions);
  const { text } = (await support.stream("Refund order 7", { threadId: "user:42" })).output;
  return text;
}
