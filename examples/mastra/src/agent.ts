import { Mastra } from "@mastra/core";
import { Agent } from "@mastra/core/agent";
import { createTool } from "@mastra/core/tools";
import { currentCall, mastraStorage } from "@perdure/agent-adapters/mastra";
import { createInngestAgent } from "@perdure/agent-adapters/mastra/inngest";
import { openStore } from "@perdure/checkpoint-core";
import type { Inngest } from "inngest";
import { z } from "zod";

/** The payment side. It pays once for each key. */
export type Refund = (order: string, key: string | undefined) => Promise<unknown>;

type Model = ConstructorParameters<typeof Agent>[0]["model"];

/** The agent of Mastra's quick start, whose refunds a person approves. The store and `createInngestAgent` are new, and Mastra's own storage is over the same store. */
export async function supportAgent(
  model: Model,
  { inngest, storeUrl, refund }: { inngest: Inngest.Any; storeUrl: string; refund: Refund },
) {
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
        requireApproval: true,
        execute: async ({ order }) => refund(order, currentCall()?.idempotencyKey),
      }),
    },
  });
  const store = await openStore(storeUrl);
  const support = createInngestAgent({ agent, inngest, store });
  const storage = mastraStorage(store.for({ user: "mastra" }));
  return { store, support, mastra: new Mastra({ agents: { support }, storage, logger: false }) };
}
