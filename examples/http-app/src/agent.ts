import type { Store } from "@perdure/checkpoint-core";
import {
  createAgentLoop,
  createInngestAgent,
  defineTool,
  type InngestAgent,
  type ModelFunction,
} from "@perdure/inngest-bridge";
import type { Inngest } from "inngest";

/** What the agent is made with. */
export interface Surroundings {
  readonly inngest: Inngest.Any;
  readonly store: Store;
  readonly model: ModelFunction;
  /** The payment side. It pays once for each key. */
  readonly refund: (order: string, key: string) => Promise<unknown>;
}

/** A support agent whose threads belong to their users. */
export function supportAgent({ inngest, store, model, refund }: Surroundings): InngestAgent {
  const agent = createAgentLoop({
    name: "support",
    model,
    systemPrompt: "You help customers with their orders.",
    tools: {
      refund_order: defineTool({
        description: "Refunds an order.",
        parameters: {
          type: "object",
          properties: { order: { type: "string" } },
          required: ["order"],
        },
        requiresApproval: true,
        execute: async ({ order }: { order: string }, { idempotencyKey }) =>
          refund(order, idempotencyKey),
      }),
    },
  });
  return createInngestAgent({
    inngest,
    store,
    agent,
    runEvent: "http-app/run",
    resumeEvent: "http-app/resume",
    // Our own routes alone send events, and `data` is what they have put there.
    scope: ({ data }) => ({ user: String(data["user"]) }),
  });
}
