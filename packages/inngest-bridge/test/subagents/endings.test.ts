import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { createAgentLoop, delegate, type DurableAgent, runLocally } from "../../src/index.ts";
import { testEverywhere } from "../bridge/everywhere.ts";
import { calls, createWorld, turns, type World } from "../bridge/world.ts";
import { about, agentOf, approve, once, pendingOf, results } from "./agents.ts";

testEverywhere("a cancel reaches an agent that waits, and one that works", async (where) => {
  const waits = agentOf("waits", once);
  const world = await createWorld({
    ...where,
    tools: { ask: delegate(waits.agent, about) },
    model: turns(calls(["a", "ask", { prompt: "x" }]), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "go", runId: "run" });
  const child = waits.asked[0]?.runId ?? "";
  await world.agent.cancel({ runId: "run" });
  const ended = await world.store.runs.get(child);
  expect(ended).toMatchObject({ status: "cancelled", outcome: { reason: expect.anything() } });
  expect(await world.store.runs.holding(waits.asked[0]?.threadId ?? "")).toBeUndefined();
  expect(await world.history(waits.asked[0]?.threadId)).toHaveLength(3);
});

test.each(["start", "event"])("a run that supersedes another ends its agents (%s)", async (how) => {
  const waits = agentOf("waits", once);
  const world = await createWorld({
    tools: { ask: delegate(waits.agent, about) },
    agent: { whenBusy: "cancel" },
    model: async ({ runId }) =>
      runId === "run" ? calls(["a", "ask", { prompt: "x" }]) : { text: "hi" },
  });
  await world.send({ threadId: "t", prompt: "go", runId: "run" });
  if (how === "start") await world.agent.start({ threadId: "t", prompt: "hi", runId: "next" });
  else await world.send({ threadId: "t", prompt: "hi", runId: "next" });
  await world.server.settle({ advance: true });
  expect(await world.store.runs.get("run")).toMatchObject({ status: "superseded" });
  const child = await world.store.runs.get(waits.asked[0]?.runId ?? "");
  expect(child).toMatchObject({ status: "cancelled" });
  expect(await world.store.runs.get("next")).toMatchObject({ status: "completed" });
});

test("a cancel while an agent works ends it, and what it does is not kept", async () => {
  const worker = agentOf("worker", async () => {
    await world.agent.cancel({ runId: "run" });
    return { text: "late" };
  });
  const world: World = await createWorld({
    tools: { ask: delegate(worker.agent, about) },
    model: turns(calls(["a", "ask", { prompt: "x" }]), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "go", runId: "run" });
  expect(world.report()).toMatchObject({ status: "lost", run: { status: "cancelled" } });
  const child = await world.store.runs.get(worker.asked[0]?.runId ?? "");
  expect(child).toMatchObject({ status: "cancelled" });
  expect(await world.history(child?.threadId)).toHaveLength(1);
});

test("an agent that is cancelled by itself gives a text", async () => {
  const worker = agentOf("worker", async ({ runId }) => {
    await world.agent.cancel({ runId, reason: "enough" });
    return { text: "late" };
  });
  const world: World = await createWorld({
    tools: { ask: delegate(worker.agent, about) },
    model: turns(calls(["a", "ask", { prompt: "x" }]), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "go", runId: "run" });
  expect(world.report()).toMatchObject({ status: "completed" });
  expect(await results(world)).toEqual(['The agent "worker" was cancelled: enough']);
});

test("a child's thread that is deleted while it waits gives a text", async () => {
  const waits = agentOf("waits", once);
  const world = await createWorld({
    tools: { ask: delegate(waits.agent, about) },
    model: turns(calls(["a", "ask", { prompt: "x" }]), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "go", runId: "run" });
  await world.store.threads.delete(waits.asked[0]?.threadId ?? "");
  await approve(world, (await pendingOf(world))[0]?.id);
  expect(await results(world)).toEqual(['The agent "waits" was stopped: its thread was deleted.']);
  expect(waits.refund.seen).toEqual([]);
});

test("agents that call each other end at the depth", async () => {
  const loops: { agent?: DurableAgent } = {};
  const asked: string[] = [];
  const self: DurableAgent = {
    name: "self",
    run: async (input, context) => (loops.agent as DurableAgent).run(input, context),
    resume: async (...given) => (loops.agent as DurableAgent).resume(...given),
  };
  loops.agent = createAgentLoop({
    name: "self",
    tools: { again: delegate(self, { ...about, maxDepth: 2 }) },
    model: async ({ turn, messages, runId }) => {
      asked.push(runId);
      if (turn === 1) return calls(["a", "again", { prompt: "again" }]);
      return { text: `after ${JSON.stringify(messages.at(-1)?.content)}` };
    },
  });
  const store = createStore({ backend: memoryBackend() });
  const report = await runLocally(loops.agent, { store, threadId: "t", prompt: "go" });
  expect(new Set(asked).size).toBe(3);
  expect(JSON.stringify(report)).toMatch(/2 agents may stand above it, and here it would be 3/);
});

const broken: DurableAgent = {
  name: "broken",
  run: async (_input, context) =>
    context.step({ id: "work" }, async () => {
      throw new RangeError("no luck");
    }),
  resume: async () => ({ status: "completed", output: "" }),
};

test.each<[string, DurableAgent, string | RegExp]>([
  [
    "says nothing",
    agentOf("w", turns({ text: "" })).agent,
    'The agent "w" ended without an answer.',
  ],
  [
    "uses its model calls up",
    agentOf("w", turns(calls(["r", "refund", {}])), { maxIterations: 1 }).agent,
    'The agent "w" has used up its model calls without an answer.',
  ],
  [
    "throws outside of a step",
    {
      ...broken,
      run: async () => {
        throw new RangeError("bad");
      },
    },
    'The agent "broken" failed. RangeError: bad',
  ],
])("an agent that %s gives a text", async (_what, agent, said) => {
  const world = await createWorld({
    tools: { ask: delegate(agent, about) },
    model: turns(calls(["a", "ask", { prompt: "x" }]), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "go" });
  expect(await results(world)).toEqual([said]);
  expect(world.report()).toMatchObject({ status: "completed" });
});

test("an agent whose model fails has failed, and the run above it goes on", async () => {
  let tried = 0;
  const fails = agentOf("fails", async () => {
    tried += 1;
    throw new Error("down");
  });
  const world = await createWorld({
    tools: { ask: delegate(fails.agent, about) },
    agent: { functionOptions: { retries: 1 } },
    model: turns(calls(["a", "ask", { prompt: "x" }]), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "go" });
  expect(tried).toBe(2);
  expect(await results(world)).toEqual(['The agent "fails" failed. Error: down']);
  const child = await world.store.runs.get(fails.asked[0]?.runId ?? "");
  expect(child).toMatchObject({ status: "failed", outcome: { error: { message: "down" } } });
});

test("an input that makes no prompt is refused, and no run is made", async () => {
  const { agent } = agentOf("w", turns({ text: "no" }));
  const world = await createWorld({
    tools: { ask: delegate(agent, about) },
    model: turns(calls(["a", "ask", { prompt: "" }], ["b", "ask", "words"]), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "go" });
  expect(await results(world)).toEqual([
    "The input is not valid: The prompt must be a text that is not empty.",
    "The input is not valid: it is not a JSON object.",
  ]);
  expect((await world.store.runs.list()).runs).toHaveLength(1);
});

test("a woken agent is woken as the run that waits for it; once that has ended it is cancelled", async () => {
  const waits = agentOf("waits", once);
  const world = await createWorld({
    tools: { ask: delegate(waits.agent, about) },
    model: turns(calls(["a", "ask", { prompt: "x" }]), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "go", runId: "run" });
  const { runId = "", threadId = "" } = waits.asked[0] ?? {};
  await world.agent.resume({ runId });
  await world.server.settle({ advance: true });
  expect(world.report()).toMatchObject({ status: "waiting" });
  await world.store.runs.cancel("run");
  expect(await world.store.runs.get(runId)).toMatchObject({ status: "suspended" });
  await world.resume({ threadId, runId });
  expect(world.report()).toMatchObject({ status: "ended", run: { status: "cancelled" } });
});
