import { Agent, type ModelProvider, tool } from "@openai/agents";
import { currentCall, durableTool, openAIAgent } from "@perdure/agent-adapters/openai-agents";
import type { DurableAgent, Price } from "@perdure/inngest-bridge";
import { z } from "zod";

/** What the agents are made with. */
export interface Outside {
  /** Where models come from: `new OpenAIProvider({ apiKey })`, or the SDK's default when not given. */
  readonly modelProvider?: ModelProvider;
  readonly price?: Price;
  /** The payment side. It pays once for each key. */
  readonly refund: (order: string, key: string | undefined) => Promise<unknown>;
}

/** Sales, support and triage, as one writes them with the SDK. `durableTool` and the last statement are all that is new. */
export function triageAgent({ modelProvider, price, refund }: Outside): DurableAgent {
  const refundOrder = tool(
    durableTool({
      name: "refund_order",
      description: "Refunds an order.",
      parameters: z.object({ order: z.string() }),
      needsApproval: true,
      execute: async ({ order }: { order: string }) => refund(order, currentCall()?.idempotencyKey),
    }),
  );
  const findOrder = tool(
    durableTool({
      name: "find_order",
      description: "Finds a customer's last order.",
      parameters: z.object({}),
      execute: async () => ({ order: "7" }),
    }),
  );
  const support = new Agent({ name: "Support", tools: [refundOrder] });
  const sales = new Agent({ name: "Sales", tools: [findOrder], handoffs: [support] });
  const triage = new Agent({ name: "Triage", handoffs: [sales, support] });
  return openAIAgent(triage, {
    ...(modelProvider && { modelProvider }),
    ...(price && { price }),
  });
}
