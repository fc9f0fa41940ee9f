import { createAgent, createNetwork, createTool } from "@inngest/agent-kit";
import { expect, test } from "vitest";
import { z } from "zod";
import { agentKitAgent, currentCall } from "../../src/agentkit/index.ts";
import { createWorld } from "../world.ts";
import { call, provider, resultsIn } from "./stub.ts";

const order = z.object({ order: z.string() });

test("an agent that works alone: each model call and each tool call is a step, and is done once", async () => {
  const { model, asked } = await provider((question) =>
    resultsIn(question) === 0 ? call("c1", "lookup", { order: "7" }) : "It is on its way.",
  );
  const seen: unknown[] = [];
  const lookup = createTool({
    name: "lookup",
    description: "Looks an order up.",
    parameters: order,
    handler: async (input, { network, agent, step }) => {
      seen.push(input, currentCall()?.callId, agent.name, network.name, typeof step?.run);
      return { status: "sent" };
    },
  });
  const support = createAgent({ name: "support", system: "You help.", model, tools: [lookup] });
  const world = await createWorld({ agent: agentKitAgent(support) });
  const runId = await world.run("Where is order 7?");
  const { run } = await world.status(runId);
  expect(run.outcome).toEqual({
    status: "completed",
    output: {
      response: "It is on its way.",
      iterations: 2,
      status: "completed",
      data: {},
      stats: {
        totalToolCalls: 1,
        totalMessages: 1,
        totalReasoningSteps: 0,
        totalItems: 3,
        agentsInvolved: ["support"],
        agentCount: 1,
        startingAgent: "support",
        finalAgent: "support",
        inputTokens: 200,
        outputTokens: 20,
        totalTokens: 220,
        totalCostUsd: null,
        model: "stub",
      },
    },
  });
  expect(asked).toHaveLength(2);
  expect(asked[0]?.messages).toEqual([
    { role: "system", content: "You help." },
    { role: "user", content: "Where is order 7?" },
  ]);
  expect(seen).toEqual([{ order: "7" }, "c1", "support", "support", "function"]);
  expect(await world.history()).toMatchObject([
    { role: "user", content: "Where is order 7?" },
    { role: "assistant", toolCalls: [{ id: "c1", name: "lookup", input: { order: "7" } }] },
    { role: "tool", toolCallId: "c1", toolName: "lookup", content: { status: "sent" } },
    { role: "assistant", content: "It is on its way." },
  ]);
});

test("what a tool changes in the state's data is there in every pass, and in the thread's next run", async () => {
  const { model, asked } = await provider((_question, nth) =>
    nth === 1 ? call("c1", "classify", { kind: "refund" }) : "Done.",
  );
  interface Data {
    kind?: string;
    runs?: number;
  }
  const classify = createTool({
    name: "classify",
    parameters: z.object({ kind: z.string() }),
    handler: ({ kind }, { network }) => {
      network.state.data["kind"] = kind;
      network.state.data["runs"] = Number(network.state.data["runs"] ?? 0) + 1;
    },
  });
  const classifier = createAgent<Data>({ name: "classifier", system: "c", tools: [classify] });
  const writer = createAgent<Data>({
    name: "writer",
    system: ({ network }) => `Write about ${network?.state.data.kind}.`,
  });
  const network = createNetwork<Data>({
    name: "desk",
    agents: [classifier, writer],
    defaultModel: model,
    router: ({ network: { state }, callCount }) => {
      if (callCount > 1 || (callCount > 0 && state.data.kind === undefined)) return undefined;
      return state.data.kind === undefined ? classifier : callCount < 2 ? writer : undefined;
    },
  });
  const world = await createWorld({ agent: agentKitAgent(network), checkpointing: false });
  const first = await world.status(await world.run("Refund order 7"));
  expect(first.run.outcome).toMatchObject({
    status: "completed",
    output: { response: "Done.", iterations: 2, data: { kind: "refund", runs: 1 } },
  });
  expect(asked.map(({ messages }) => messages[0]?.content)).toEqual(["c", "Write about refund."]);
  const second = await world.status(await world.run("And now?"));
  expect(second.run.outcome).toMatchObject({ output: { data: { kind: "refund", runs: 1 } } });
  expect(asked[2]?.messages.map(({ role, content }) => [role, content])).toMatchObject([
    ["system", "Write about refund."],
    ["user", "And now?"],
    ["user", "Refund order 7"],
    ["assistant", null],
    ["tool", '{"data":"classify successfully executed"}'],
    ["assistant", "Done."],
  ]);
});
