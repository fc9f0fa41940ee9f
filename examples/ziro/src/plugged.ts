import { createInngestAgent } from "@perdure/agent-adapters/ziro";
import { openStore } from "@perdure/checkpoint-core";
import type { Inngest, InngestFunction } from "inngest";
import { z } from "zod";
import { createAgent, type LanguageModel } from "./ziroAgents.ts";

/** `quickStart` with Perdure. Inngest's own quick start makes the client and the route: `serve` stands for `serve({ client: inngest, functions })`. */
export async function plugged(
  model: LanguageModel,
  inngest: Inngest.Any,
  serve: (functions: InngestFunction.Any[]) => Promise<void>,
): Promise<string> {
  const refundOrder = {
    name: "refund_order",
    description: "Refunds an order.",
    input: z.object({ order: z.string() }),
    execute: async ({ order }: { order: string }) => `Order ${order} is refunded.`,
  };
  const agent = createAgent({ name: "support", model, tools: { refund_order: refundOrder } });
  const support = createInngestAgent({ inngest, agent, store: await openStore("memory:") });
  await serve(support.functions);
  const { text } = (await support.stream("Refund order 7", { threadId: "user:42" })).output;
  return text;
}
