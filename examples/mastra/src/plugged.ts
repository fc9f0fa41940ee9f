import { Agent } from "@mastra/core/agent";
import { createTool } from "@mastra/core/tools";
import { createInngestAgent } from "@perdure/agent-adapters/mastra/inngest";
import { openStore } from "@perdure/checkpoint-core";
import type { Inngest, InngestFunction } from "inngest";
import { z } from "zod";

type Model = ConstructorParameters<typeof Agent>[0]["model"];

/** `quickStart` with Perdure. Inngest's own quick start makes the client and the route: `serve` stands for `serve({ client: inngest, functions })`. */
export async function plugged(
  model: Model,
  inngest: Inngest.Any,
  serve: (functions: InngestFunction.Any[]) => Promise<void>,
): Promise<string> {
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
  const support = createInngestAgent({ inngest, store: await openStore("memory:"), agent });
  await serve(support.functions);
  const { text } = (await support.stream("Refund order 7", { threadId: "user:42" })).output;
  return text;
}
