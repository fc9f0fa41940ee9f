import { createAgent, createNetwork, createTool } from "@inngest/agent-kit";
import { z } from "zod";
import { agentKitAgent } from "../../src/agentkit/agent.ts";
import { waitForDecision } from "../../src/agentkit/decision.ts";
import { durableTool } from "../../src/agentkit/durable.ts";
import type { Framework, Outside } from "../scenarios/framework.ts";
import { call, resultsIn, type Said } from "./completion.ts";
import { fetched } from "./fetched.ts";

const order = z.object({ order: z.string() });

/** What the model says, by how many results it is shown. */
const SCRIPT: Readonly<Record<number, Said>> = {
  0: {
    text: "Let me see.",
    calls: [
      { id: "c1", name: "lookup", input: { order: "7" } },
      { id: "c2", name: "lookup", input: { order: "8" } },
    ],
  },
  2: call("c3", "refund", { order: "7" }),
  3: call("c4", "pay", { order: "8" }),
  4: "Both are paid.",
};

function toolsOf({ did }: Outside) {
  const lookup = createTool({
    name: "lookup",
    parameters: order,
    handler: async (input) => {
      did(`lookup ${input.order}`);
      return { lookup: input.order };
    },
  });
  const refund = createTool({
    name: "refund",
    parameters: order,
    handler: async (input, { network, step }) => {
      await step?.run("check", async () => did(`check ${input.order}`));
      const { approved } = await waitForDecision({ input: { refund: input.order } });
      if (!approved) return "denied";
      await step?.run("pay", async () => did(`refund ${input.order}`));
      network.state.data["refunded"] = input.order;
      return { refunded: input.order };
    },
  });
  const pay = createTool({
    name: "pay",
    parameters: order,
    handler: async (input) => {
      did(`pay ${input.order}`);
      return { paid: input.order };
    },
  });
  return { lookup, refund, pay: durableTool(pay, { needsApproval: true }) };
}

/** Two lookups, a refund whose tool makes a step, asks a person and makes another, a hand-over by a router that reads the data, a refund that is not carried out without a person, and the answer. What the router decides is an effect too. */
export const framework: Framework = {
  name: "AgentKit 0.13",
  module: new URL(import.meta.url),
  prompt: "Refund orders 7 and 8",
  agent(outside) {
    const { lookup, refund, pay } = toolsOf(outside);
    const desk = createAgent({ name: "desk", system: "desk", tools: [lookup, refund] });
    const billing = createAgent({ name: "billing", system: "billing", tools: [pay] });
    const defaultModel = fetched(async (question) => {
      await outside.ask();
      return SCRIPT[resultsIn(question)] ?? "";
    });
    const network = createNetwork({
      name: "support",
      agents: [desk, billing],
      defaultModel,
      router({ network: { state }, lastResult, callCount }) {
        const { refunded } = state.data;
        outside.did(`decision ${callCount} (${refunded ?? "nothing"} refunded)`);
        if (lastResult && lastResult.toolCalls.length === 0) return undefined;
        return refunded === undefined ? desk : billing;
      },
    });
    return agentKitAgent(network);
  },
  needs: {
    models: 4,
    effects: [
      "decision 0 (nothing refunded)",
      "lookup 7",
      "lookup 8",
      "decision 1 (nothing refunded)",
      "check 7",
      "refund 7",
      "decision 2 (7 refunded)",
      "pay 8",
      "decision 3 (7 refunded)",
      "decision 4 (7 refunded)",
    ],
    messages: 9,
    response: "Both are paid.",
  },
  /** The thread's history, without the times at which the model answered. */
  async messages(store, threadId) {
    const text = JSON.stringify(await store.history.read(threadId), (key, value: unknown) =>
      key === "createdAt" ? undefined : value,
    );
    return (JSON.parse(text) as readonly { readonly value: unknown }[]).map(({ value }) => value);
  },
};
