import { createStore, type Message, memoryBackend } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import {
  createAgentLoop,
  delegate,
  type DelegateOptions,
  type DurableAgent,
  type RunChunk,
  runLocally,
} from "../../src/index.ts";
import { testEverywhere } from "../bridge/everywhere.ts";
import { calls, createWorld, recorder, turns } from "../bridge/world.ts";
import { about, agentOf, approve, once, pendingOf, results } from "./agents.ts";

testEverywhere("several agents work in one turn, and one waits twice", async (where) => {
  const one = agentOf("one", once);
  const two = agentOf(
    "two",
    turns(calls(["r", "refund", { order: 1 }]), calls(["r", "refund", { order: 1 }]), {
      text: "both",
    }),
  );
  const quick = agentOf("quick", turns({ text: "at once" }));
  const world = await createWorld({
    ...where,
    tools: {
      one: delegate(one.agent, about),
      two: delegate(two.agent, about),
      quick: delegate(quick.agent, about),
      own: recorder(() => "own", { requiresApproval: true }),
    },
    model: turns(
      calls(
        ["r", "one", { prompt: "1" }],
        ["b", "two", { prompt: "2" }],
        ["c", "quick", { prompt: "3" }],
        ["d", "own", {}],
      ),
      { text: "done" },
    ),
  });
  await world.send({ threadId: "t", prompt: "go", runId: "run" }, "e1");
  const asked = await pendingOf(world);
  expect(asked.map(({ tool }) => tool).toSorted()).toEqual(["one/refund", "own", "two/refund"]);
  for (const { id } of asked) await approve(world, id);
  const again = await pendingOf(world);
  expect(again).toMatchObject([{ tool: "two/refund", input: { order: 1 } }]);
  expect(two.refund.seen).toHaveLength(1);
  await approve(world, again[0]?.id);
  expect(world.report()).toMatchObject({ status: "completed", output: { response: "done" } });
  expect(await results(world)).toEqual(["refunded", "both", "at once", "own"]);
  expect([one, two, quick].map(({ asked: all }) => all.length)).toEqual([2, 3, 1]);
  expect([one, two].map(({ refund }) => refund.seen.length)).toEqual([1, 2]);
  expect(new Set(two.refund.seen.map(({ key }) => key)).size).toBe(2);
});

testEverywhere("an agent below an agent is asked for at the top", async (where) => {
  const deep = agentOf("deep", once);
  const middle = agentOf("middle", turns(calls(["m", "deep", { prompt: "x" }]), { text: "ok" }), {
    tools: { deep: delegate(deep.agent, { ...about, requiresApproval: true }) },
  });
  const world = await createWorld({
    ...where,
    tools: { middle: delegate(middle.agent, about) },
    model: turns(calls(["a", "middle", { prompt: "y" }]), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "go", runId: "run" });
  const [first] = await pendingOf(world);
  expect(first).toMatchObject({ tool: "middle/deep", input: { prompt: "x" } });
  await world.agent.approve({ threadId: "t", approvalId: first?.id ?? "", input: { prompt: "z" } });
  await world.server.settle({ advance: true });
  const [second] = await pendingOf(world);
  expect(second).toMatchObject({ tool: "middle/deep/refund", input: { order: 1 } });
  expect(deep.asked[0]?.messages).toEqual([{ role: "user", content: "z" }]);
  const wrong = { threadId: "t", approvalId: second?.id ?? "", input: "nothing" };
  await expect(world.agent.approve(wrong)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await world.agent.deny({ threadId: "t", approvalId: second?.id ?? "", reason: "too much" });
  await world.server.settle({ advance: true });
  expect(world.report()).toMatchObject({ status: "completed" });
  const [, , denied] = (await world.history(deep.asked[0]?.threadId)) as readonly Message[];
  expect(denied).toMatchObject({ content: "A person denied this call: too much" });
  const agentsInvolved = ["deep", "middle", "support"];
  expect((await world.store.runs.get("run"))?.outcome).toMatchObject({
    output: { stats: { agentsInvolved, totalToolCalls: 3, finalAgent: "support" } },
  });
});

test("a run of n turns below costs n steps and two more", async () => {
  const worker = agentOf("worker", turns(calls(["x", "look", {}]), { text: "found" }), {
    tools: { look: recorder() },
  });
  const world = await createWorld({
    tools: { ask: delegate(worker.agent, about) },
    model: turns(calls(["a", "ask", { prompt: "x" }]), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "go" });
  const [run] = world.executions();
  expect(run?.steps.map(({ name }) => name)).toEqual([
    "begin",
    "think",
    "tool-ask",
    "think",
    "tool-look",
    "think",
    "tool-ask-result",
    "think",
  ]);
});

test("an agent below is heard in the stream of the run, marked with its name", async () => {
  const worker = agentOf("worker", async (request) => {
    request.stream?.text("fou");
    return { text: "found" };
  });
  const world = await createWorld({
    tools: { ask: delegate(worker.agent, about) },
    model: turns(calls(["a", "ask", { prompt: "x" }]), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "go", runId: "run" });
  const chunks: RunChunk[] = [];
  for await (const chunk of (await world.agent.observe("run")).fullStream) chunks.push(chunk);
  const { runId = "" } = worker.asked[0] ?? {};
  const child = { name: "worker", runId, parentRunId: "run" };
  const below = chunks.filter((chunk) => chunk.child);
  expect(below.map(({ event }) => event)).toEqual([
    "run.started",
    "part.created",
    "text.delta",
    "text.delta",
    "part.completed",
    "step.completed",
    "run.completed",
  ]);
  for (const chunk of below) expect(chunk.child).toEqual(child);
  const texts = chunks.filter(({ event }) => event === "part.completed");
  expect(texts).toHaveLength(4);
  expect(new Set(texts.map(({ data }) => (data as { partId: string }).partId)).size).toBe(4);
  expect(chunks.at(-1)).toMatchObject({ event: "stream.ended", data: { runId: "run" } });
});

const broken: DurableAgent = {
  name: "broken",
  run: async (_input, context) =>
    context.step({ id: "work" }, async () => {
      throw new RangeError("no luck");
    }),
  resume: async () => ({ status: "completed", output: "" }),
};

test.each<[unknown, unknown]>([
  [undefined, about],
  [{ name: "x" }, about],
  [broken, undefined],
  [broken, {}],
  [broken, { ...about, depth: 2 }],
  [broken, { ...about, maxDepth: 0 }],
  [broken, { ...about, prompt: "x" }],
])("refuses what is no agent or no options", (agent, options) => {
  expect(() => delegate(agent as DurableAgent, options as DelegateOptions)).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT" }),
  );
});

test("without Inngest an agent below suspends and goes on too", async () => {
  const waits = agentOf("waits", once);
  const top = createAgentLoop({
    name: "top",
    tools: { ask: delegate(waits.agent, about) },
    model: async ({ turn }) =>
      turn === 1 ? calls(["a", "ask", { prompt: "x" }]) : { text: "done" },
  });
  const store = createStore({ backend: memoryBackend() });
  const run = { store, threadId: "t", prompt: "go", runId: "r" };
  expect(await runLocally(top, run)).toMatchObject({ status: "suspended" });
  const [asked] = await store.approvals.pending("t");
  await store.approvals.decide(
    "t",
    { approvalId: asked?.id },
    { kind: "answer", value: "was paid" },
  );
  expect(await runLocally(top, run)).toMatchObject({ status: "completed" });
  expect(waits.refund.seen).toEqual([]);
  expect(waits.asked[1]?.messages.at(-1)).toMatchObject({ content: "was paid" });
});
