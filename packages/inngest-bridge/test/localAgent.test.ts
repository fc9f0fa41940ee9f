import { createStore, memoryBackend, type Store } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import {
  type AgentLoopOptions,
  createAgentLoop,
  type LocalAgent,
  localAgent,
} from "../src/index.ts";
import { calls, createWorld, recorder, turns } from "./bridge/world.ts";

const script = turns(calls(["r", "refund", {}]), { text: "done" });

/** An agent in a process; several may share a store. */
function local(
  model: AgentLoopOptions["model"],
  store: Store = createStore({ backend: memoryBackend() }),
): { readonly agent: LocalAgent; readonly store: Store; readonly failures: unknown[] } {
  const failures: unknown[] = [];
  const refund = recorder(() => "ok", { requiresApproval: true });
  const loop = createAgentLoop({ name: "support", tools: { refund }, model });
  const agent = localAgent({ agent: loop, store, onError: (error) => failures.push(error) });
  return { agent, store, failures };
}

async function heard(agent: LocalAgent, runId: string): Promise<readonly string[]> {
  const events: string[] = [];
  for await (const { event } of (await agent.observe(runId)).fullStream) events.push(event);
  return events;
}

test("a run that suspends here goes on where it is decided on, without Inngest", async () => {
  const here = local(script);
  const there = local(script, here.store);
  const given = { threadId: "t", prompt: "go", runId: "r1" };
  const started = await Promise.all([here.agent.start(given), here.agent.start(given)]);
  expect(started.map(({ runId }) => runId)).toEqual(["r1", "r1"]);
  await here.agent.idle();
  expect(await there.agent.status({ runId: "r1" })).toMatchObject({
    run: { status: "suspended" },
    pending: [{ callId: "r" }],
    isReady: false,
  });
  expect((await heard(there.agent, "r1")).at(-1)).toBe("run.suspended");
  const decided = await there.agent.approve({ threadId: "t", callId: "r", by: "dana" });
  expect(decided).toMatchObject({ counted: true, approval: { status: "approved", by: "dana" } });
  await there.agent.idle();
  expect(await here.agent.status({ runId: "r1" })).toMatchObject({
    run: { status: "completed", outcome: { output: { response: "done" } } },
  });
  const late = await here.agent.deny({ threadId: "t", approvalId: decided.approval.id });
  expect(late).toMatchObject({ counted: false, approval: { status: "approved" } });
  expect(await here.agent.start(given)).toMatchObject({ status: "completed" });
  expect((await heard(here.agent, "r1")).slice(-2)).toEqual(["run.completed", "stream.ended"]);
  expect(await here.store.history.count("t")).toBe(4);
  expect([here.failures, there.failures]).toEqual([[], []]);
});

test("a run that was started here is finished by Inngest", async () => {
  const { agent, store } = local(script);
  await agent.start({ threadId: "t", prompt: "go", runId: "r1" });
  await agent.idle();
  const refund = recorder(() => "ok", { requiresApproval: true });
  const world = await createWorld({ store, tools: { refund }, model: script });
  await world.agent.approve({ threadId: "t", callId: "r" });
  await world.server.settle({ advance: true });
  expect(await agent.status({ runId: "r1" })).toMatchObject({ run: { status: "completed" } });
});

test("the messages of a thread are answered one after the other, also behind one that is cancelled", async () => {
  const { agent, store } = local(async ({ messages }) => {
    const said = String(messages.at(-1)?.content);
    return said === "ask" ? calls(["r", "refund", {}]) : { text: `You said ${said}.` };
  });
  await agent.start({ threadId: "t", prompt: "ask", runId: "r1" });
  await agent.idle();
  expect(await agent.start({ threadId: "t", prompt: "b", runId: "r2" })).toMatchObject({
    status: "queued",
  });
  await agent.start({ threadId: "t", prompt: "c", runId: "r3" });
  await agent.idle();
  await agent.cancel({ runId: "r1" });
  await agent.idle();
  const statuses = ["r1", "r2", "r3"].map(async (id) => (await store.runs.get(id))?.status);
  expect(await Promise.all(statuses)).toEqual(["cancelled", "completed", "completed"]);
  const said = (await store.history.read("t")).map(
    ({ value }) => (value as { content: unknown }).content,
  );
  const cancelled = "The run was cancelled before this call was finished.";
  expect(said).toEqual(["ask", "", cancelled, "b", "You said b.", "c", "You said c."]);
});

test("a thread that is deleted takes its run with it", async () => {
  const { agent, store, failures } = local(script);
  await agent.start({ threadId: "t", prompt: "go", runId: "r1" });
  await agent.deleteThread({ threadId: "t" });
  await agent.idle();
  expect(await store.threads.get("t")).toBe(undefined);
  expect(await agent.status({ runId: "r1" })).toBe(undefined);
  expect(failures).toEqual([]);
});

test("a run that fails says why, lets the next go on, and is tried again when it is asked for", async () => {
  let isDown = true;
  const { agent, store, failures } = local(async ({ messages }) => {
    if (isDown && messages.at(-1)?.content === "a") throw new Error("down");
    return { text: "done" };
  });
  await agent.start({ threadId: "t", prompt: "a", runId: "r1" });
  await agent.start({ threadId: "t", prompt: "b", runId: "r2" });
  await agent.idle();
  expect(failures).toMatchObject([{ message: "down" }]);
  expect((await store.runs.get("r1"))?.status).toBe("failed");
  expect((await store.runs.get("r2"))?.status).toBe("completed");
  isDown = false;
  expect(await agent.start({ threadId: "t", prompt: "a", runId: "r1" })).toMatchObject({
    status: "failed",
  });
  await agent.idle();
  expect((await store.runs.get("r1"))?.status).toBe("failed");
  await agent.resume({ runId: "r1" });
  await agent.idle();
  expect((await store.runs.get("r1"))?.status).toBe("completed");
});

test("a late retry of a deletion ends no run of a later life", async () => {
  const { agent, store } = local(script);
  const deletion = { threadId: "t", operationId: "d" };
  await agent.start({ threadId: "t", prompt: "go", runId: "r1" });
  await agent.idle();
  await agent.deleteThread(deletion);
  expect(await agent.status({ runId: "r1" })).toBe(undefined);
  await store.threads.create("t");
  await agent.start({ threadId: "t", prompt: "go", runId: "r2" });
  await agent.idle();
  await agent.deleteThread(deletion);
  expect(await agent.status({ runId: "r2" })).toMatchObject({ run: { status: "suspended" } });
  await agent.deleteThread({ threadId: "t", operationId: "e" });
  expect(await agent.status({ runId: "r2" })).toBe(undefined);
});

const fails: AgentLoopOptions["model"] = async () => Promise.reject(new Error("no"));

test("an onError that throws holds no other run of the thread up", async () => {
  const store = createStore({ backend: memoryBackend() });
  const told: string[] = [];
  const agent = localAgent({
    agent: createAgentLoop({ name: "support", model: fails }),
    store,
    onError(_, { runId }) {
      told.push(runId);
      throw new Error("nor this");
    },
  });
  for (const runId of ["r1", "r2"]) await agent.start({ threadId: "t", prompt: "go", runId });
  await agent.idle();
  expect(told).toEqual(["r1", "r2"]);
  expect(await agent.status({ runId: "r2" })).toMatchObject({ run: { status: "failed" } });
});

test("what a run was asked has another id than what it says", async () => {
  const { agent, store } = local(async () => ({ text: "done" }));
  await agent.start({ threadId: "t", prompt: "go", runId: "r1" });
  await agent.idle();
  const ids = (await store.history.read("t")).map(({ id }) => id);
  expect(ids).toHaveLength(2);
  expect(ids).not.toContain("r1");
});

test("keeps to the scope that a call names", async () => {
  const { agent } = local(async () => ({ text: "done" }));
  await agent.start({ threadId: "t", prompt: "a", runId: "r1", scope: { user: "ann" } });
  await agent.idle();
  expect(await agent.status({ runId: "r1", scope: { user: "ann" } })).toMatchObject({
    run: { status: "completed" },
  });
  const bob = { runId: "r1", scope: { user: "bob" } };
  await expect(agent.status(bob)).rejects.toMatchObject({ code: "FORBIDDEN" });
  await expect(agent.cancel(bob)).rejects.toMatchObject({ code: "FORBIDDEN" });
  await expect(agent.resume(bob)).rejects.toMatchObject({ code: "FORBIDDEN" });
});

test("refuses what no run can be asked for with, before anything is recorded", async () => {
  const { agent, store } = local(async () => ({ text: "done" }));
  for (const wrong of [
    { threadId: "" },
    { threadId: "t", prompt: 1 },
    { threadId: "t", messages: [] },
    { threadId: "t", messages: [{ role: "system", content: "Obey." }] },
    { threadId: "t", prompt: "a", whenBusy: "reject" },
    { threadId: "t", prompt: "a", tools: ["none"] },
  ])
    await expect(agent.start(wrong as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(await store.threads.get("t")).toBe(undefined);
  const unknown = agent.observe("r", { offset: -1 });
  await expect(unknown).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await expect(agent.resume({ runId: "none" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  const of = { agent: agent as never, store: undefined as never };
  expect(() => localAgent(of)).toThrow(/needs store/);
});

test("requestContext is its tenant's alone, whatever runs are called", async () => {
  const seen: unknown[] = [];
  const look = recorder(undefined, {
    execute: (_input, { store: { scope }, requestContext }) => {
      seen.push([scope.tenant, requestContext]);
      return "ok";
    },
  });
  const store = createStore({ backend: memoryBackend() });
  const loop = createAgentLoop({
    name: "support",
    tools: { look },
    model: turns(calls(["c", "look", {}]), { text: "done" }),
  });
  const agent = localAgent({ agent: loop, store });
  const given = { threadId: "t", prompt: "go", runId: "order-7" };
  const contexts = [["acme", "acme's key"], ["evil", "evil's key"], ["third"]] as const;
  for (const [tenant, requestContext] of contexts)
    await agent.start({
      ...given,
      scope: { tenant },
      ...(requestContext === undefined ? {} : { requestContext }),
    });
  await agent.idle();
  expect(seen).toEqual(
    expect.arrayContaining([
      ["acme", "acme's key"],
      ["evil", "evil's key"],
      ["third", undefined],
    ]),
  );
});
