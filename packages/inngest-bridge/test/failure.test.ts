import { once } from "node:events";
import { StorageError } from "@perdure/checkpoint-core";
import { NonRetriableError, RetryAfterError } from "inngest";
import { expect, test } from "vitest";
import { retryAfterOf } from "../src/steps/failure.ts";
import { testEverywhere } from "./bridge/everywhere.ts";
import { calls, createWorld, recorder, turns, type World } from "./bridge/world.ts";

testEverywhere(
  "a model that keeps failing fails the run, and the next in the queue gets the thread",
  async (where) => {
    let broken = true;
    const world = await createWorld({
      ...where,
      model: ({ messages }) => {
        if (broken && messages.length === 1) throw new Error("down \ud800");
        return { text: "hello" };
      },
    });
    await world.server.send([
      { name: "ziro/agent.run.requested", id: "e1", data: { threadId: "t", prompt: "one" } },
      { name: "ziro/agent.run.requested", id: "e2", data: { threadId: "t", prompt: "two" } },
    ]);
    await world.server.settle({ advance: true });
    expect(world.asked.filter(({ runId }) => runId === "run-e1")).toHaveLength(4);
    const first = await world.agent.status({ runId: "run-e1" });
    expect(first?.run).toMatchObject({
      status: "failed",
      outcome: { status: "failed", error: { name: "Error", message: "down \ufffd" } },
    });
    expect((await world.agent.status({ runId: "run-e2" }))?.run.status).toBe("completed");
    broken = false;
    await world.agent.resume({ runId: "run-e1", retry: first?.run.revision ?? 0 });
    await world.server.settle({ advance: true });
    expect((await world.agent.status({ runId: "run-e1" }))?.run.status).toBe("completed");
    expect(await world.store.runs.holding("t")).toBe(undefined);
  },
);

testEverywhere("a rerun of a failed run goes on after what is stored", async (where) => {
  let broken = true;
  const work = recorder();
  const world = await createWorld({
    ...where,
    tools: { work },
    model: turns(calls(["a", "work", {}]), () => {
      if (broken) throw new NonRetriableError("no");
      return { text: "done" };
    }),
  });
  await world.send({ threadId: "t", prompt: "go" }, "e1");
  const [failed] = world.executions();
  expect(failed?.status).toBe("Failed");
  broken = false;
  await world.resume({ threadId: "t", runId: "run-e1" });
  expect(world.report()).toMatchObject({ status: "ended", reason: "failed" });
  await world.server.rerun(failed?.id ?? "");
  await world.server.settle({ advance: true });
  expect(world.report()).toMatchObject({ status: "completed" });
  expect(
    world
      .executions()
      .at(-1)
      ?.steps.map(({ name }) => name),
  ).toEqual(["begin", "think"]);
  expect(work.seen).toHaveLength(1);
  expect(world.asked.map(({ turn }) => turn)).toEqual([1, 2, 2]);
  expect(await world.history()).toHaveLength(4);
  await world.server.rerun(failed?.id ?? "");
  await world.server.settle({ advance: true });
  expect(world.report()).toMatchObject({ status: "ended", reason: "final" });
  expect(await world.history()).toHaveLength(4);
});

testEverywhere("the text of a tool's last error is what the model sees", async (where) => {
  const work = recorder(() => {
    throw new TypeError("half a pair: \udc00");
  });
  const world = await createWorld({
    ...where,
    tools: { work },
    model: turns(calls(["a", "work", {}]), { text: "sorry" }),
  });
  await world.send({ threadId: "t", prompt: "go" });
  expect(work.seen).toHaveLength(4);
  expect(new Set(work.seen.map(({ key }) => key)).size).toBe(1);
  expect((await world.history())[2]).toEqual({
    role: "tool",
    toolCallId: "a",
    toolName: "work",
    content: "TypeError: half a pair: \ufffd",
    isError: true,
  });
  expect(world.report()).toMatchObject({ status: "completed" });
});

test("a tool that says so is not tried again", async () => {
  const work = recorder(() => {
    throw new NonRetriableError("never");
  });
  const world = await createWorld({
    tools: { work },
    model: turns(calls(["a", "work", {}]), { text: "sorry" }),
  });
  await world.send({ threadId: "t", prompt: "go" });
  expect(work.seen).toHaveLength(1);
  expect((await world.history())[2]).toMatchObject({ content: "NonRetriableError: never" });
});

test("a tool's own delay is Inngest's, and challengers are told of it", async () => {
  let at: number | undefined;
  const work = recorder(() => {
    if (at !== undefined) return "ok";
    at = world.server.now();
    throw new RetryAfterError("later", 3_600_000);
  });
  const world = await createWorld({
    tools: { work },
    model: turns(calls(["a", "work", {}]), { text: "done" }),
  });
  await world.server.send({ name: "ziro/agent.run.requested", id: "e1", data: { threadId: "t" } });
  await world.server.advance("1m");
  const challenge = { runId: "run-e1", execution: "x", operationId: "x", event: "x", ms: 1 };
  const answer = await world.store.runs.claim("t", challenge);
  expect(answer).toMatchObject({ status: "busy", ms: 3_600_000 + 120_000 });
  await world.server.settle({ advance: true });
  expect(world.server.now() - (at ?? 0)).toBeGreaterThanOrEqual(3_600_000);
  expect(world.report()).toMatchObject({ status: "completed" });
});

test("an execution that is cancelled in Inngest leaves the thread to the next run", async () => {
  const world = await createWorld({
    model: ({ runId }) => {
      if (runId === "run-e1") throw new Error("slow");
      return { text: "hello" };
    },
  });
  await world.server.send([
    { name: "ziro/agent.run.requested", id: "e1", data: { threadId: "t", prompt: "one" } },
    { name: "ziro/agent.run.requested", id: "e2", data: { threadId: "t", prompt: "two" } },
  ]);
  await world.server.settle();
  await world.server.cancel(world.executions()[0]?.id ?? "");
  await world.server.settle({ advance: true });
  expect((await world.agent.status({ runId: "run-e1" }))?.run.status).toBe("cancelled");
  expect((await world.agent.status({ runId: "run-e2" }))?.run.status).toBe("completed");
});

test("cancel() is met by the step in flight, which writes nothing and ends as lost", async () => {
  const work = recorder(async () => {
    await world.agent.cancel({ runId: "run-e1", reason: "enough" });
    return "too late";
  });
  const world = await createWorld({ tools: { work }, model: turns(calls(["a", "work", {}])) });
  await world.send({ threadId: "t", prompt: "go" }, "e1");
  expect(world.report()).toMatchObject({
    status: "lost",
    run: { runId: "run-e1", status: "cancelled", outcome: { reason: "enough" } },
  });
  expect(world.executions()[0]).toMatchObject({ status: "Completed" });
  expect((await world.history()).at(-1)).toMatchObject({ role: "tool", isError: true });
});

test.each(["model", "tool"] as const)("a cancelled run's %s is not tried again", async (part) => {
  const work = recorder(() => {
    throw new Error("once more");
  });
  const world = await createWorld({
    tools: { work },
    model: () => {
      if (part === "model") throw new Error("once more");
      return calls(["a", "work", {}]);
    },
  });
  await world.server.send({ name: "ziro/agent.run.requested", id: "e1", data: { threadId: "t" } });
  await world.server.settle();
  await world.agent.cancel({ runId: "run-e1" });
  await world.server.settle({ advance: true });
  expect(world.report()).toMatchObject({ status: "lost", run: { status: "cancelled" } });
  expect(world.asked).toHaveLength(1);
  expect(work.seen).toHaveLength(part === "tool" ? 1 : 0);
});

/** Another execution takes the run over, as after the silence that its holder asked for. */
async function takeOver({ store }: World): Promise<void> {
  const ask = { runId: "run-e1", execution: "other", event: "other", ms: 1000 };
  const busy = await store.runs.claim("t", { ...ask, operationId: "other/0" });
  if (busy.status !== "busy") throw new Error(`The holder is ${busy.status}.`);
  const { seen } = busy;
  const taken = await store.runs.claim("t", { ...ask, operationId: "other/1", seen });
  expect(taken.status).toBe("leased");
}

test("an execution that was taken over does not try its tool again, and tells what is stored", async () => {
  const work = recorder(() => {
    throw new Error("once more");
  });
  // Without upkeep: its cron would find that nobody works for the other execution.
  const world = await createWorld({
    tools: { work },
    model: () => calls(["a", "work", {}]),
    agent: { upkeep: false },
  });
  await world.server.send({ name: "ziro/agent.run.requested", id: "e1", data: { threadId: "t" } });
  await world.server.settle();
  await takeOver(world);
  await world.server.settle({ advance: true });
  expect(world.report()).toEqual({
    status: "lost",
    runId: "run-e1",
    threadId: "t",
    run: { runId: "run-e1", threadId: "t", status: "running" },
  });
  expect(work.seen).toHaveLength(1);
});

test("a call in flight is told that its run was taken over", async () => {
  const world: World = await createWorld({
    agent: { silenceMs: 1000 },
    model: async ({ signal }) => {
      await takeOver(world);
      await once(signal, "abort");
      return { text: "too late" };
    },
  });
  await world.send({ threadId: "t", prompt: "go" }, "e1");
  expect(world.report()).toMatchObject({ status: "lost", run: { status: "running" } });
  expect(await world.history()).toEqual([{ role: "user", content: "go" }]);
});

test("events carry the thread's life, and one of another life finds it ended", async () => {
  const world = await createWorld();
  for (const runId of ["1", "2"]) await world.agent.start({ threadId: "t", runId, prompt: runId });
  await world.server.settle({ advance: true });
  const thread = await world.store.threads.get("t");
  const sent = world.server.events().filter(({ name }) => name.startsWith("ziro/"));
  expect(sent.map(({ data }) => data["life"])).toEqual(sent.map(() => thread?.life));
  expect(sent.length).toBeGreaterThanOrEqual(3);
  await world.send({ threadId: "t", prompt: "late", life: 999 });
  expect(world.report()).toMatchObject({ status: "ended", reason: "deleted" });
  expect(await world.history()).toHaveLength(4);
});

test("a holder that died is taken over by a rerun, after the silence that it asked for", async () => {
  const world = await createWorld({
    tools: { work: recorder() },
    model: turns(calls(["a", "work", {}]), { text: "done" }),
  });
  const begun = await world.store.runs.begin("t", {
    runId: "run-e1",
    execution: "dead",
    operationId: "dead/0",
    event: "e1",
    message: { id: "e1", value: { role: "user", content: "go" } },
    ms: 60_000,
  });
  expect(begun.status).toBe("leased");
  await world.send({ threadId: "t", prompt: "go" }, "e1");
  const steps = world.executions()[0]?.steps.map(({ name }) => name);
  expect(steps?.slice(0, 3)).toEqual(["begin", "wait:0", "begin"]);
  expect(world.report()).toMatchObject({ status: "completed" });
  expect(await world.history()).toHaveLength(4);
});

test("a failure that the server made is recorded in its words, and frees the thread", async () => {
  const world = await createWorld({
    checkpointing: false,
    server: { limits: { steps: 4 } },
    tools: { work: recorder() },
    model: ({ turn }) => calls([`c${turn}`, "work", {}]),
  });
  await world.send({ threadId: "t", prompt: "go" }, "e1");
  const run = (await world.agent.status({ runId: "run-e1" }))?.run;
  expect(run?.outcome).toMatchObject({
    status: "failed",
    error: { name: "InngestErrFunctionOverflowed" },
  });
  expect(await world.store.runs.holding("t")).toBe(undefined);
});

test("an error of a store that says after how long it is worth another try is tried again after that", () => {
  const throttled = new StorageError("UNAVAILABLE", "throttled", { retryAfterMs: 1500 });
  expect(retryAfterOf(throttled)).toBe(1500);
  expect(retryAfterOf(new StorageError("UNAVAILABLE", "gone"))).toBe(undefined);
});
