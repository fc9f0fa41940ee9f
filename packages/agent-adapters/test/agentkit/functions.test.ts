import {
  type AgentMessageChunk,
  createAgent,
  createNetwork,
  createState,
  createTool,
} from "@inngest/agent-kit";
import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { finalizeRun, perdureMiddleware } from "@perdure/inngest-bridge";
import { createTestInngest } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import {
  agentKitAgent,
  agentKitFunctions,
  agentKitHistory,
  agentKitMemory,
  createInngestAgent,
  durableTool,
  networkResult,
  storeStreaming,
} from "../../src/agentkit/index.ts";
import { createWorld } from "../world.ts";
import { call, provider, resultsIn } from "./stub.ts";

const order = z.object({ order: z.string() });
const openStore = () => createStore({ backend: memoryBackend() });

test("networks and agents are functions, under the ids and the events that createServer gives them", async () => {
  const { model, asked } = await provider(() => "Here I am.");
  const helper = createAgent({ name: "My Helper", system: "s", model });
  const network = createNetwork({
    name: "The Desk",
    agents: [helper],
    router: ({ callCount }) => (callCount === 0 ? helper : undefined),
  });
  const server = createTestInngest();
  const inngest = server.client({ id: "app" });
  const store = openStore();
  const made = { inngest, store, agents: [helper], networks: [network] };
  const { functions, agents } = agentKitFunctions(made);
  await server.register({ client: inngest, functions });
  await inngest.send([
    { id: "one", name: "app/agent-my-helper", data: { input: "Hello?", threadId: "a" } },
    { name: "app/network-the-desk", data: { input: "Hello?", threadId: "n" } },
  ]);
  await server.settle();
  expect(Object.keys(agents)).toEqual(["My Helper", "The Desk"]);
  expect(asked).toHaveLength(2);
  for (const threadId of ["a", "n"])
    expect((await store.history.read(threadId)).map(({ value }) => value)).toMatchObject([
      { role: "user", content: "Hello?" },
      { role: "assistant", content: "Here I am." },
    ]);
});

test("a model that Inngest's server asks is asked once for each turn, and a network is taken as it is", async () => {
  const { model, asked } = await provider((question) =>
    resultsIn(question) === 0 ? call("c1", "look", { order: "7" }) : "Sent.",
  );
  const look = createTool({ name: "look", parameters: order, handler: async () => "sent" });
  const agent = createAgent({ name: "desk", system: "s", model, tools: [look] });
  const made = agentKitAgent(agent, { infer: true });
  const world = await createWorld({
    agent: made,
    checkpointing: false,
    server: { gateway: fetch },
  });
  const { run } = await world.status(await world.run("Where is order 7?"));
  expect(run.outcome).toMatchObject({ output: { response: "Sent.", iterations: 2 } });
  expect(asked).toHaveLength(2);
  const inngest = createTestInngest().client({ id: "app" });
  expect(createInngestAgent({ inngest, agent, store: openStore() })).toMatchObject({
    name: "desk",
  });
});

test("a network that is run as it is: its history, its tools, its chunks and its stats, each once", async () => {
  const { model, asked } = await provider((question) =>
    resultsIn(question) === 0 ? call("c1", "pay", { order: "7" }) : "Paid.",
  );
  const paid: unknown[] = [];
  const pay = durableTool(
    createTool({
      name: "pay",
      parameters: order,
      handler: async (input, { network, agent, step }) => {
        paid.push([input, agent.name]);
        network.state.data["paid"] = await step?.run("inside", async () => input.order);
        return "done";
      },
    }),
  );
  const store = openStore();
  const desk = createAgent({ name: "desk", system: "s", model, tools: [pay] });
  const network = createNetwork({
    name: "support",
    agents: [desk],
    router: ({ lastResult, network: { state } }) =>
      lastResult && state.data["paid"] !== undefined && lastResult.toolCalls.length === 0
        ? undefined
        : desk,
    history: agentKitHistory(store),
  });
  const server = createTestInngest({ gateway: fetch });
  const inngest = server.client({ id: "app", checkpointing: false });
  const answer = inngest.createFunction(
    { id: "answer", triggers: [{ event: "asked" }], middleware: [perdureMiddleware] },
    async () => {
      const state = createState({}, { threadId: "t" });
      const streaming = storeStreaming(store, { streamId: "s" });
      const ended = await network.run("Pay order 7", { state, streaming });
      return finalizeRun(networkResult(ended), { agentName: "support", model: "stub" });
    },
  );
  await server.register({ client: inngest, functions: [answer] });
  await inngest.send({ name: "asked", data: {} });
  await server.settle();
  expect(server.runs().map(({ status }) => status)).toEqual(["Completed"]);
  expect(server.runs()[0]?.output).toMatchObject({
    finalOutput: "Paid.",
    stats: { totalToolCalls: 1, totalMessages: 1, inputTokens: 200, finalAgent: "desk" },
  });
  expect([asked.length, paid]).toEqual([2, [[{ order: "7" }, "desk"]]]);
  expect(await store.history.read("t")).toHaveLength(3);
  const { events, ended } = await store.streams.read<AgentMessageChunk>("s");
  expect(ended).toBe(true);
  expect(events.map(({ value }) => value.sequenceNumber)).toEqual(events.map((_, nth) => nth));
  expect(events[0]?.value).toMatchObject({ event: "run.started", data: { threadId: "t" } });
  expect(events.at(-1)?.value.event).toBe("stream.ended");
});

test("what a model wants remembered is remembered once, and recalled", async () => {
  const store = openStore();
  const server = createTestInngest();
  const inngest = server.client({ id: "app", checkpointing: false });
  const { model } = await provider(({ messages }, nth) => {
    if (nth === 1) return call("c1", "create_memories", { statements: ["Dana likes tea."] });
    if (nth === 3) return call("c2", "recall_memories", { queries: ["tea"] });
    return String(messages.at(-1)?.content);
  });
  const memory = agentKitMemory({ inngest, store });
  const { create_memories: create, recall_memories: recall } = memory.tools;
  const network = createAgent({ name: "desk", system: "s", model, tools: [create, recall] });
  const agent = createInngestAgent({ inngest, agent: network, store });
  await server.register({ client: inngest, functions: [...agent.functions, ...memory.functions] });
  const said: unknown[] = [];
  for (const prompt of ["I like tea.", "What do I like?"]) {
    const { runId } = await agent.start({ threadId: "t", prompt });
    await server.settle({ advance: true });
    const view = await agent.status({ runId });
    const outcome = view?.run.outcome;
    said.push(outcome?.status === "completed" ? outcome.output : outcome);
  }
  expect(said).toMatchObject([
    { response: expect.stringContaining("I have scheduled the creation of 1 memories.") },
    { response: expect.stringContaining("Dana likes tea.") },
  ]);
  expect((await store.memory.list({ kind: "user" })).memories).toHaveLength(1);
});

test("an agent and a network of one name are refused: what starts the one would be lost", () => {
  const inngest = createTestInngest().client({ id: "app" });
  const store = createStore({ backend: memoryBackend() });
  const desk = createAgent({ name: "Desk", system: "You help." });
  const networks = [createNetwork({ name: "Desk", agents: [desk] })];
  expect(() => agentKitFunctions({ inngest, store, agents: [desk], networks })).toThrow(
    'An agent and a network are both "Desk".',
  );
});
