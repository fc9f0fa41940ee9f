import { createAgent, createNetwork, createTool } from "@inngest/agent-kit";
import { expect, test } from "vitest";
import { z } from "zod";
import { agentKitAgent, durableTool, waitForDecision } from "../../src/agentkit/index.ts";
import { type Aftermath, crashes, type Scenario } from "../crash.ts";
import { call, type Provider, provider, resultsIn, type Said } from "./stub.ts";

const order = z.object({ order: z.string() });

/** Two lookups, a refund whose tool asks a person, a hand-over by a router that reads the data, a refund that is not carried out without a person, and the answer. */
function refunds({ model, asked }: Provider): Scenario {
  asked.length = 0;
  const effects: string[] = [];
  const routed: string[] = [];
  const lookup = createTool({
    name: "lookup",
    parameters: order,
    handler: async (input) => {
      effects.push(`lookup ${input.order}`);
      return { lookup: input.order };
    },
  });
  const refund = createTool({
    name: "refund",
    parameters: order,
    handler: async (input, { network, step }) => {
      const { approved } = await waitForDecision({ input: { refund: input.order } });
      if (!approved) return "denied";
      await step?.run("pay", async () => effects.push(`refund ${input.order}`));
      network.state.data["refunded"] = input.order;
      return { refunded: input.order };
    },
  });
  const pay = durableTool(
    createTool({
      name: "pay",
      parameters: order,
      handler: async (input) => void effects.push(`pay ${input.order}`),
    }),
    { needsApproval: true },
  );
  const desk = createAgent({ name: "desk", system: "desk", tools: [lookup, refund] });
  const billing = createAgent({ name: "billing", system: "billing", tools: [pay] });
  const network = createNetwork({
    name: "support",
    agents: [desk, billing],
    defaultModel: model,
    router: ({ network: { state }, lastResult }) => {
      routed.push(String(state.data["refunded"]));
      if (lastResult && lastResult.toolCalls.length === 0) return undefined;
      return state.data["refunded"] === undefined ? desk : billing;
    },
  });
  const seen = (): unknown => ({
    asked: asked.length,
    effects: effects.toSorted(),
    routed: routed.length,
  });
  return { agent: agentKitAgent(network), prompt: "Refund orders 7 and 8", seen };
}

const SCRIPT: readonly Said[] = [
  {
    text: "Let me see.",
    calls: [
      { id: "c1", name: "lookup", input: { order: "7" } },
      { id: "c2", name: "lookup", input: { order: "8" } },
    ],
  },
  "",
  call("c3", "refund", { order: "7" }),
  call("c4", "pay", { order: "8" }),
  "Both are paid.",
];

test.each([
  { checkpointing: true, fault: "lose-response", every: 4 },
  { checkpointing: false, fault: "lose-response", every: 9 },
  { checkpointing: true, fault: "lose-request", every: 12 },
  { checkpointing: false, fault: "lose-request", every: 17 },
] as const)("whatever is lost, nothing is done again: %o", async (options) => {
  const stub = await provider((question) => SCRIPT[resultsIn(question)] ?? "");
  let expected: unknown;
  for await (const { after: dated, mishap } of crashes(() => refunds(stub), options)) {
    const after = undated(dated);
    expected ??= after;
    expect(after, JSON.stringify(mishap)).toEqual(expected);
    expect(after).toMatchObject({
      status: "completed",
      output: {
        response: "Both are paid.",
        iterations: 4,
        data: { refunded: "7" },
        stats: { agentsInvolved: ["billing", "desk"], finalAgent: "billing", inputTokens: 400 },
      },
      seen: { asked: 4, effects: ["lookup 7", "lookup 8", "pay 8", "refund 7"], routed: 5 },
    });
    expect(after.history).toHaveLength(9);
  }
});

/** What came of a run, without the times at which its model answered. */
function undated(after: Aftermath): Aftermath {
  const text = JSON.stringify(after, (key, value: unknown) =>
    key === "createdAt" ? undefined : value,
  );
  return JSON.parse(text) as Aftermath;
}
