import { createAgent, createTool } from "@inngest/agent-kit";
import { AIMessage, ToolMessage } from "@langchain/core/messages";
import { END, interrupt, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { createAgentLoop } from "@perdure/inngest-bridge";
import type { DurableAgent } from "@perdure/inngest-bridge/agent";
import { expect, test } from "vitest";
import { z } from "zod";
import { agentKitAgent, durableTool } from "../src/agentkit/index.ts";
import { langGraphAgent } from "../src/langgraph/index.ts";
import { mastraAgent } from "../src/mastra/index.ts";
import { provider, type Said } from "./agentkit/stub.ts";
import { made, tool } from "./mastra/made.ts";
import * as mastra from "./mastra/stub.ts";
import { frameworks } from "./working.ts";
import { createWorld } from "./world.ts";

/** What the same model says in each framework: two pieces of work that a person agrees to, then that it is done. */
const turns = ["a", "b"].map((id) => ({ text: `turn ${id}`, id, name: "work", input: { id } }));

const stats = {
  totalToolCalls: 2,
  totalMessages: 3,
  totalReasoningSteps: 0,
  totalItems: 7,
  agentsInvolved: ["worker"],
  agentCount: 1,
  startingAgent: "worker",
  finalAgent: "worker",
  inputTokens: 300,
  outputTokens: 30,
  totalTokens: 330,
  totalCostUsd: null,
};

function onLoop(): DurableAgent {
  return createAgentLoop({
    name: "worker",
    tools: {
      work: {
        description: "Works.",
        parameters: { type: "object" },
        requiresApproval: true,
        execute: () => "ok",
      },
    },
    async model({ turn }) {
      const said = turns[turn - 1];
      const answer = said ? { text: said.text, toolCalls: [said] } : { text: "done" };
      return { ...answer, model: "stub", usage: { inputTokens: 100, outputTokens: 10 } };
    },
  });
}

function onMastra(): DurableAgent {
  const said = turns.map(({ text, id, input }) => [
    mastra.text(text),
    mastra.call(id, "work", input),
  ]);
  const { model } = mastra.stub([...said, [mastra.text("done")]] as never);
  const work = tool("work", () => "ok", { requireApproval: true });
  return mastraAgent(made(model, { work }, { name: "worker", id: "worker" }));
}

async function onAgentKit(): Promise<DurableAgent> {
  const { model } = await provider((_, nth): Said => {
    const said = turns[nth - 1];
    return said ? { text: said.text, calls: [said] } : "done";
  });
  const parameters = z.object({ id: z.string() });
  const work = createTool({ name: "work", parameters, handler: async () => "ok" });
  const tools = [durableTool(work, { needsApproval: true })];
  return agentKitAgent(createAgent({ name: "worker", system: "You work.", model, tools }));
}

const workNode = ({ messages }: typeof MessagesAnnotation.State) => {
  interrupt("May I?");
  const [called] = (messages.at(-1) as AIMessage).tool_calls ?? [];
  return { messages: [new ToolMessage({ content: "ok", tool_call_id: called?.id ?? "" })] };
};

function onLangGraph(): DurableAgent {
  const usage_metadata = { input_tokens: 100, output_tokens: 10, total_tokens: 110 };
  const think = ({ messages }: typeof MessagesAnnotation.State) => {
    const said = turns[messages.filter((one) => one.getType() === "tool").length];
    const tool_calls = said ? [{ id: said.id, name: said.name, args: said.input }] : [];
    const content = said?.text ?? "done";
    const fields: object = { content, tool_calls, usage_metadata, name: "worker" };
    return { messages: [new AIMessage(fields)] };
  };
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("think", think)
    .addNode("work", workNode)
    .addEdge(START, "think")
    .addEdge("work", "think")
    .addConditionalEdges("think", ({ messages }) =>
      (messages.at(-1) as AIMessage).tool_calls?.length ? "work" : END,
    );
  return langGraphAgent({ name: "worker", graph });
}

const agents: readonly (readonly [string, () => DurableAgent | Promise<DurableAgent>])[] = [
  ["createAgentLoop", onLoop],
  ["Mastra", onMastra],
  ["AgentKit", onAgentKit],
  ["LangGraph", onLangGraph],
  ...frameworks.map(
    ([name, on]) => [name, () => on({ asks: true, unpriced: true }).agent] as const,
  ),
];

test.each(agents)("%s counts the same over two suspensions", async (_, agentOf) => {
  const world = await createWorld({ agent: await agentOf() });
  const runId = await world.run("go");
  for (let waits = 0; waits < 2; waits += 1) {
    const { run, pending } = await world.status(runId);
    expect(run.status).toBe("suspended");
    for (const { id } of pending) await world.agent.approve({ threadId: "t", approvalId: id });
    await world.settle();
  }
  const { run } = await world.status(runId);
  expect(run.outcome).toMatchObject({ status: "completed", output: { stats } });
});
