import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { MemorySaver, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { finalizeRun, perdureMiddleware } from "@perdure/inngest-bridge";
import { createTestInngest } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import { graphResult, langGraphAgent } from "../../src/langgraph/index.ts";
import { createWorld } from "../world.ts";

const desk = () =>
  new StateGraph(MessagesAnnotation)
    .addNode("think", () => {
      const usage_metadata = { input_tokens: 100, output_tokens: 10, total_tokens: 110 };
      const response_metadata = { model_name: "stub-1" };
      const content = [
        { type: "reasoning", reasoning: "Hm." },
        { type: "text", text: "Yes." },
      ];
      const fields: object = { content, usage_metadata, response_metadata };
      return { messages: [new AIMessage(fields)] };
    })
    .addEdge(START, "think");

const stats = {
  totalToolCalls: 0,
  totalMessages: 1,
  totalReasoningSteps: 1,
  totalItems: 2,
  agentsInvolved: ["desk"],
  agentCount: 1,
  startingAgent: "desk",
  finalAgent: "desk",
  inputTokens: 100,
  outputTokens: 10,
  totalTokens: 110,
  totalCostUsd: 0.11,
  model: "stub-1",
};
const price = (_model: string, { totalTokens }: { readonly totalTokens: number }) =>
  totalTokens / 1000;

test("each run of a thread counts what it has said itself", async () => {
  const agent = langGraphAgent({ name: "desk", graph: desk(), price });
  const world = await createWorld({ agent });
  for (let time = 0; time < 2; time += 1) {
    const { run } = await world.status(await world.run("Is it?"));
    expect(run.outcome).toMatchObject({ output: { response: "Yes.", iterations: 1, stats } });
  }
});

test("a graph that is invoked as it is counts the same by finalizeRun", async () => {
  const app = desk().compile({ checkpointer: new MemorySaver() });
  const at = { configurable: { thread_id: "t" } };
  const asked = async () => app.invoke({ messages: [new HumanMessage("Is it?")] }, at);
  const [first, second] = [await asked(), await asked()];
  const server = createTestInngest();
  const inngest = server.client({ id: "app" });
  const options = { agentName: "desk", model: "another", price };
  const fn = inngest.createFunction(
    { id: "fn", triggers: [{ event: "go" }], middleware: [perdureMiddleware] },
    async () => finalizeRun(graphResult(second, first), options),
  );
  await server.register({ client: inngest, functions: [fn] });
  await server.send({ name: "go", data: {} });
  await server.settle();
  // The agent and the model of the run are those that the caller says.
  expect(server.runs()[0]?.output).toEqual({
    finalOutput: "Yes.",
    stats: { ...stats, model: "another" },
  });
});
