import { createAgentLoop, defineTool, type ModelFunction } from "@perdure/inngest-bridge";
import type { DurableAgent } from "@perdure/inngest-bridge/agent";

/** A desk that answers, and refunds orders where its user agrees. */
export function deskAgent(model: ModelFunction): DurableAgent {
  return createAgentLoop({
    name: "desk",
    model,
    systemPrompt: "You help customers with their orders.",
    tools: {
      refund: defineTool({
        description: "Refunds an order.",
        parameters: {
          type: "object",
          properties: { order: { type: "string" } },
          required: ["order"],
        },
        requiresApproval: true,
        execute: ({ order }: { order: string }) => `Order ${order} is refunded.`,
      }),
    },
  });
}
