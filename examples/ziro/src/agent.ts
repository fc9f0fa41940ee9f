import { createInngestAgent, currentCall } from "@perdure/agent-adapters/ziro";
import { SqliteCheckpointer } from "@perdure/checkpoint-sqlite";
import type { Inngest } from "inngest";
import { z } from "zod";
import { createAgent, type LanguageModel, type Tool } from "./ziroAgents.ts";

/** The payment side. It pays once for each key. */
export type Refund = (order: string, key: string | undefined) => Promise<unknown>;

/** What the agent is made with. */
export interface Surroundings {
  readonly inngest: Inngest.Any;
  /** The file of its database. */
  readonly path: string;
  readonly refund: Refund;
}

/** The program of `@ziro-agent/inngest`'s quick start. The imports are other ones, and `trustEvents` is new: who may decide in events is to be said. */
export function supportAgent(model: LanguageModel, { inngest, path, refund }: Surroundings) {
  const refundOrder: Tool = {
    name: "refund_order",
    description: "Refunds an order.",
    input: z.object({ order: z.string() }),
    requiresApproval: true,
    execute: async ({ order }: { order: string }) => refund(order, currentCall()?.idempotencyKey),
  };
  const agent = createAgent({
    name: "support",
    model,
    tools: { refund_order: refundOrder },
    checkpointer: new SqliteCheckpointer({ path }),
    defaultThreadId: "placeholder", // overridden per-event
  });
  return createInngestAgent({ inngest, agent, trustEvents: true });
}
