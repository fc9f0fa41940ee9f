import { createAgent, createNetwork, createTool } from "@inngest/agent-kit";
import { createServer } from "@inngest/agent-kit/server";
import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { createTestInngest } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { agentKitFunctions } from "../../src/agentkit/index.ts";
import { call, provider, resultsIn } from "./stub.ts";

const openStore = () => createStore({ backend: memoryBackend() });

/** What AgentKit's own server makes of agents and networks: the client that it is given keeps what it asks for. */
function madeByAgentKit(given: Pick<Parameters<typeof createServer>[0], "agents" | "networks">) {
  const made: { id: string; name: string; event: string }[] = [];
  const client = {
    id: "app",
    createFunction({ id, name }: { id: string; name: string }, { event }: { event: string }) {
      made.push({ id, name, event });
    },
  };
  createServer({ ...given, client: client as never });
  return made;
}

test("the functions have the ids, the names and the events that AgentKit's createServer gives them", () => {
  const agents = [createAgent({ name: "My  Helper_(2)", system: "s" })];
  const networks = [createNetwork({ name: "The Desk", agents })];
  const inngest = createTestInngest().client({ id: "app" });
  const { agents: made } = agentKitFunctions({ inngest, store: openStore(), agents, networks });
  const ours = Object.values(made).map(({ runFn }) => {
    const [trigger] = runFn.opts.triggers ?? [];
    return { id: runFn.id(), name: runFn.name, event: (trigger as { event: string }).event };
  });
  expect(ours).toEqual(madeByAgentKit({ agents, networks }));
});

test("what AgentKit's function had begun goes on as it did, and what comes then is a run", async () => {
  const { model, asked } = await provider((question) =>
    resultsIn(question) === 0 ? call("c1", "pay", { order: "7" }) : "Paid.",
  );
  const paid: string[] = [];
  const pay = createTool({
    name: "pay",
    parameters: z.object({ order: z.string() }),
    async handler({ order }, { step }) {
      await step?.run("pay", async () => paid.push(order));
      await step?.sleep("settle", "1h");
      return "done";
    },
  });
  const desk = createAgent({ name: "desk", system: "s", model, tools: [pay] });
  const network = createNetwork({
    name: "support",
    agents: [desk],
    router: ({ lastResult }) =>
      lastResult && lastResult.toolCalls.length === 0 ? undefined : desk,
  });
  const server = createTestInngest({ gateway: fetch });
  const inngest = server.client({ id: "app", checkpointing: false });
  const before = inngest.createFunction(
    { id: "network-support", triggers: [{ event: "app/network-support" }] },
    async ({ event }) => network.run((event.data as { input: string }).input),
  );
  await server.register({ client: inngest, functions: [before], instance: "before" });
  const ask = { name: "app/network-support", data: { input: "Pay order 7", threadId: "t" } };
  await inngest.send(ask);
  await server.settle();
  expect([asked.length, paid]).toEqual([1, ["7"]]);
  const store = openStore();
  const { functions } = agentKitFunctions({ inngest, store, networks: [network] });
  server.stop("before");
  await server.register({ client: inngest, functions, instance: "behind" });
  await server.settle({ advance: true });
  expect(server.runs()[0]).toMatchObject({
    functionId: "app-network-support",
    status: "Completed",
  });
  expect([asked.length, paid]).toEqual([2, ["7"]]);
  expect(await store.history.read("t")).toEqual([]);
  await inngest.send(ask);
  await server.settle({ advance: true });
  expect([asked.length, paid]).toEqual([4, ["7", "7"]]);
  expect((await store.history.read("t")).at(-1)?.value).toMatchObject({ content: "Paid." });
});
