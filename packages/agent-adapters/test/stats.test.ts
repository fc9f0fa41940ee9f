import { createAgent, createTool } from "@inngest/agent-kit";
import { createAgentLoop } from "@perdure/inngest-bridge";
import type { DurableAgent } from "@perdure/inngest-bridge/agent";
import { expect, test } from "vitest";
import { z } from "zod";
import { agentKitAgent, durableTool } from "../src/agentkit/index.ts";
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

const agents: readonly (readonly [string, () => DurableAgent | Promise<DurableAgent>])[] = [
  ["createAgentLoop", onLoop],
  ["Mastra", onMastra],
  ["AgentKit", onAgentKit],
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
