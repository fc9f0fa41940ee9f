import { aiSdkAgent, currentCall } from "@perdure/agent-adapters/ai-sdk";
import { openStore } from "@perdure/checkpoint-core";
import { createInngestAgent } from "@perdure/inngest-bridge";
import { type LanguageModel, tool } from "ai";
import type { Inngest } from "inngest";
import { z } from "zod";

/** The payment side. It pays once for each key. */
export type Refund = (order: string, key: string | undefined) => Promise<unknown>;

/** The agent of the AI SDK's quick start, whose refunds a person approves. `new ToolLoopAgent` has become `aiSdkAgent`, with a name; the last two statements are new. */
export async function supportAgent(
  model: LanguageModel,
  { inngest, storeUrl, refund }: { inngest: Inngest.Any; storeUrl: string; refund: Refund },
) {
  const agent = aiSdkAgent({
    name: "support",
    model,
    instructions: "You help customers with their orders.",
    tools: {
      refund_order: tool({
        description: "Refunds an order.",
        inputSchema: z.object({ order: z.string() }),
        needsApproval: true,
        execute: async ({ order }) => refund(order, currentCall()?.idempotencyKey),
      }),
    },
  });
  const store = await openStore(storeUrl);
  return { store, support: createInngestAgent({ inngest, agent, store }) };
}
