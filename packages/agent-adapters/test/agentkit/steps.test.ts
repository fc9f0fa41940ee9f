import {
  createAgent,
  createNetwork,
  createState,
  createTool,
  getStepTools,
} from "@inngest/agent-kit";
import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { createTestInngest } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { agentKitAgent, agentKitHistory, createInngestAgent } from "../../src/agentkit/index.ts";
import { createWorld } from "../world.ts";
import { call, provider, resultsIn } from "./stub.ts";

const anything = z.object({});

test("an agent's hooks are called once for each model call, and what they change counts", async () => {
  const { model, asked } = await provider((question) =>
    resultsIn(question) === 0 ? call("c1", "look", {}) : "Hm.",
  );
  const called: string[] = [];
  const look = createTool({ name: "look", parameters: anything, handler: async () => "seen" });
  const agent = createAgent({
    name: "desk",
    system: "s",
    model,
    tools: [look],
    lifecycle: {
      onStart({ prompt, history = [], network }) {
        called.push("start");
        if (network) network.state.data["starts"] = called.length;
        const more = { type: "text", role: "system", content: "More." } as const;
        return { prompt: [...prompt, more], history, stop: false };
      },
      onResponse({ result }) {
        called.push("response");
        const [message] = result.output;
        if (message?.type === "text") message.content = "Moderated.";
        return result;
      },
      onFinish({ result }) {
        called.push("finish");
        return result;
      },
    },
  });
  const world = await createWorld({ agent: agentKitAgent(agent), checkpointing: false });
  const { run } = await world.status(await world.run("Look."));
  expect(run.outcome).toMatchObject({
    output: { response: "Moderated.", iterations: 2, data: { starts: 4 } },
  });
  const once = ["start", "response", "finish"];
  expect(called).toEqual([...once, ...once]);
  expect(asked.map(({ messages }) => messages[2]?.content)).toEqual(["More.", "More."]);
});

test("steps that a tool makes are kept, also those that it finds as AgentKit's own tools do, and a function that is a tool is invoked once", async () => {
  const { model } = await provider((question) =>
    resultsIn(question) === 0
      ? {
          calls: [
            { id: "c1", name: "work", input: {} },
            { id: "c2", name: "app-double", input: { of: 21 } },
          ],
        }
      : String(question.messages.at(-1)?.content),
  );
  const done: string[] = [];
  const work = createTool({
    name: "work",
    parameters: anything,
    handler: async (_input, { step }) => {
      await step?.run("one", async () => done.push("one"));
      await step?.sleep("pause", "1h");
      const found = await getStepTools();
      return found?.run("two", async () => done.push("two"));
    },
  });
  const server = createTestInngest();
  const inngest = server.client({ id: "app", checkpointing: false });
  const double = inngest.createFunction(
    { id: "double", triggers: [{ event: "double" }] },
    async ({ event }) => {
      done.push("double");
      return 2 * Number((event.data as { of?: number }).of);
    },
  );
  const desk = createAgent({ name: "desk", system: "s", model, tools: [work, double as never] });
  const store = createStore({ backend: memoryBackend() });
  const agent = createInngestAgent({ inngest, agent: desk, store });
  await server.register({ client: inngest, functions: [...agent.functions, double] });
  const { runId } = await agent.start({ threadId: "t", prompt: "Work." });
  await server.settle({ advance: true });
  const view = await agent.status({ runId });
  expect(view?.run.outcome).toMatchObject({ output: { response: '{"data":42}' } });
  expect(done).toEqual(["one", "two", "double"]);
});

test("a thread that a history has kept goes on as a run's, with its messages and its data", async () => {
  const { model, asked } = await provider((_question, nth) => `Answer ${nth}.`);
  const store = createStore({ backend: memoryBackend() });
  const agent = createAgent({ name: "desk", system: "s", model });
  const network = createNetwork({
    name: "support",
    agents: [agent],
    history: agentKitHistory(store),
    router: ({ callCount }) => (callCount === 0 ? agent : undefined),
  });
  await network.run("First.", { state: createState({ kind: "refund" }, { threadId: "t" }) });
  const world = await createWorld({ agent: agentKitAgent(network), store });
  const { run } = await world.status(await world.run("Second."));
  expect(run.outcome).toMatchObject({
    output: { response: "Answer 2.", data: { kind: "refund" } },
  });
  expect(asked[1]?.messages.map(({ content }) => content)).toEqual([
    "s",
    "Second.",
    "First.",
    "Answer 1.",
  ]);
  expect(await world.history()).toHaveLength(4);
});
