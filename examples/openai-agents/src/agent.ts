import { Agent, type ModelProvider, tool } from "@openai/agents";
import { currentCall, durableTool, openAIAgent } from "@perdure/agent-adapters/openai-agents";
import { openStore } from "@perdure/checkpoint-core";
import { createInngestAgent } from "@perdure/inngest-bridge";
import type { Inngest } from "inngest";
import { z } from "zod";

/** The payment side. It pays once for each key. */
export type Refund = (order: string, key: string | undefined) => Promise<unknown>;

/** A desk that hands refunds over to an agent whose refunds a person approves: agents as the SDK's quick start makes them. The last two statements are new. */
export async function deskAgent(
  modelProvider: ModelProvider,
  { inngest, storeUrl, refund }: { inngest: Inngest.Any; storeUrl: string; refund: Refund },
) {
  const refundOrder = tool(
    durableTool({
      name: "refund_order",
      description: "Refunds an order.",
      parameters: z.object({ order: z.string() }),
      needsApproval: true,
      execute: async ({ order }) => refund(order, currentCall()?.idempotencyKey),
    }),
  );
  const billing = new Agent({ name: "billing", tools: [refundOrder] });
  const desk = new Agent({ name: "desk", instructions: "You help.", handoffs: [billing] });
  const store = await openStore(storeUrl);
  const agent = openAIAgent(desk, { modelProvider });
  return { store, desk: createInngestAgent({ inngest, agent, store }) };
}
