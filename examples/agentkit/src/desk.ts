import { createAgent, createNetwork, createTool, type Network } from "@inngest/agent-kit";
import { createInngestAgent, currentCall, waitForDecision } from "@perdure/agent-adapters/agentkit";
import { openStore } from "@perdure/checkpoint-core";
import type { Inngest } from "inngest";
import { z } from "zod";

/** What the network keeps in its state: the thread has it too. */
export interface DeskState {
  refunded?: string;
}

/** The payment side. It pays once for each key. */
export type Refund = (order: string, key: string | undefined) => Promise<unknown>;

/** A network as AgentKit's quick start makes one, whose router reads what the tool wrote, and whose refunds a person approves: the last two statements, and the tool's first, are new. */
export async function supportDesk(
  model: NonNullable<Network<DeskState>["defaultModel"]>,
  { inngest, storeUrl, refund }: { inngest: Inngest.Any; storeUrl: string; refund: Refund },
) {
  const refundOrder = createTool({
    name: "refund_order",
    description: "Refunds an order.",
    parameters: z.object({ order: z.string() }),
    handler: async ({ order }, { network }) => {
      const { approved, reason } = await waitForDecision();
      if (!approved) return { refused: reason ?? "A person refused." };
      network.state.data["refunded"] = order;
      return refund(order, currentCall()?.idempotencyKey);
    },
  });
  const billing = createAgent<DeskState>({
    name: "billing",
    system: "You refund orders.",
    tools: [refundOrder],
  });
  const writer = createAgent<DeskState>({
    name: "writer",
    system: ({ network }) => `Tell the customer about order ${network?.state.data.refunded}.`,
  });
  const network = createNetwork<DeskState>({
    name: "support",
    agents: [billing, writer],
    defaultModel: model,
    maxIter: 5,
    router: ({ network: { state }, lastResult }) => {
      if (lastResult?.agentName === "writer") return undefined;
      return state.data.refunded === undefined ? billing : writer;
    },
  });
  const store = await openStore(storeUrl);
  return { store, desk: createInngestAgent({ inngest, agent: network, store }) };
}
