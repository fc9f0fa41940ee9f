import { createInngestAgent } from "@perdure/agent-adapters/ai-sdk/inngest";
import { openStore } from "@perdure/checkpoint-core";
import { type LanguageModel, tool } from "ai";
import type { Inngest, InngestFunction } from "inngest";
import { z } from "zod";

/** `quickStart` with Perdure. Inngest's own quick start makes the client and the route: `serve` stands for `serve({ client: inngest, functions })`. */
export async function plugged(
  model: LanguageModel,
  inngest: Inngest.Any,
  serve: (functions: InngestFunction.Any[]) => Promise<void>,
): Promise<string> {
  const agent = createInngestAgent({
    inngest,
    store: await openStore("memory:"),
    agent: {
      name: "support",
      model,
      instructions: "You help customers with their orders.",
      tools: {
        refund_order: tool({
          description: "Refunds an order.",
          inputSchema: z.object({ order: z.string() }),
          execute: async ({ order }) => `Order ${order} is refunded.`,
        }),
      },
    },
  });
  await serve(agent.functions);
  const { text } = (await agent.stream("Refund order 7", { threadId: "user:42" })).output;
  return text;
}
