import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { createAgentLoop, type DurableAgent, runLocally } from "../src/index.ts";
import { calls, createWorld, recorder, turns } from "./bridge/world.ts";

const script = turns(calls(["r", "refund", {}]), { text: "done" });

test("a run that suspends without Inngest is finished with it", async () => {
  const store = createStore({ backend: memoryBackend() });
  const refund = recorder(() => "ok", { requiresApproval: true });
  const tools = { refund };
  const agent = createAgentLoop({
    name: "support",
    tools,
    model: async (request) => script(request),
  });
  const run = { store, threadId: "t", prompt: "go", runId: "r1" };
  expect(await runLocally(agent, run)).toMatchObject({ status: "suspended", runId: "r1" });
  expect(await runLocally(agent, run)).toMatchObject({ status: "waiting" });
  const world = await createWorld({ store, tools, model: script });
  await world.agent.approve({ threadId: "t", callId: "r" });
  await world.server.settle({ advance: true });
  expect(world.report()).toMatchObject({ status: "completed", output: { response: "done" } });
  expect(await runLocally(agent, run)).toMatchObject({ status: "ended", reason: "final" });
  expect(await world.history()).toHaveLength(4);
});

test("a failure without Inngest frees the thread, and the same run goes on later", async () => {
  const store = createStore({ backend: memoryBackend() });
  let broken = true;
  const agent = createAgentLoop({
    name: "support",
    tools: { work: recorder() },
    model: async ({ turn }) => {
      if (turn === 1) return calls(["a", "work", {}]);
      if (broken) throw new Error("down");
      return { text: "done" };
    },
  });
  const run = { store, threadId: "t", prompt: "go", runId: "r1" };
  await expect(runLocally(agent, run)).rejects.toThrow("down");
  expect((await store.runs.get("r1"))?.status).toBe("failed");
  broken = false;
  expect(await runLocally(agent, run)).toMatchObject({ status: "completed" });
  expect(await store.history.count("t")).toBe(4);
});

test("refuses a store that is none, before anything is done", async () => {
  const agent = createAgentLoop({ name: "support", model: async () => ({ text: "done" }) });
  const stores = [undefined, Promise.resolve(createStore({ backend: memoryBackend() })), "a.db"];
  for (const store of stores)
    await expect(runLocally(agent, { store, threadId: "t" } as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
});

/** An agent of another make: its state lies in the checkpoint, and the bridge settles for it. */
const counter: DurableAgent = {
  name: "counter",
  async run({ prompt }, context) {
    const said = await context.step({ id: "hear" }, async () => prompt);
    const approvals = [{ callId: "c", tool: "count", input: { said } }];
    return { status: "suspended", state: { said }, turn: 0, approvals };
  },
  async resume(state, decisions, context) {
    const statuses = decisions.map(({ status }) => status);
    return {
      status: "completed",
      output: await context.step({ id: "tell" }, async () => ({ state, statuses })),
    };
  },
};

test.each([true, false])(
  "an agent with a state of its own suspends and resumes (checkpointing %s)",
  async (checkpointing) => {
    const world = await createWorld({ checkpointing, agent: { agent: counter } });
    await world.send({ threadId: "t", prompt: "hi" }, "e1");
    const { approvals } = world.report() as {
      readonly approvals: readonly { readonly id: string }[];
    };
    await world.agent.approve({ threadId: "t", approvalId: approvals[0]?.id ?? "" });
    await world.server.settle({ advance: true });
    expect(world.report()).toMatchObject({
      status: "completed",
      output: { state: { said: "hi" }, statuses: ["approved"] },
    });
    expect(await world.store.runs.holding("t")).toBe(undefined);
  },
);
