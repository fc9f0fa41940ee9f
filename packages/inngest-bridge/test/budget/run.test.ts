import { expect, test } from "vitest";
import {
  type Budget,
  budgetExceededIn,
  createAgentLoop,
  type DurableAgent,
  type LoopOutput,
  runLocally,
} from "../../src/index.ts";
import { faultAt, type TestInngestOptions } from "../../src/testing/index.ts";
import { calls, createWorld, recorder, turns } from "../bridge/world.ts";
import { asking, done, price, testOnBoth, usage, working } from "./worlds.ts";

const NOT_RUN = "Not run: the budget of the run is used up.";

testOnBoth(
  "a run fails where its budget leaves no room, and a retry with a larger one goes on from there",
  async (where) => {
    const world = await working(where);
    const start = { threadId: "t", prompt: "go", runId: "r", budget: { maxTokens: 200 } };
    await world.agent.start(start);
    await world.server.settle({ advance: true });
    const failed = await world.run();
    const error = failed.outcome?.status === "failed" ? failed.outcome.error : undefined;
    expect(error?.name).toBe("BudgetExceededError");
    expect(budgetExceededIn(error)).toEqual({ kind: "tokens", limit: 200, observed: 220 });
    expect([world.asked.length, world.work.seen.length]).toEqual([2, 1]);

    const budget = { maxTokens: 1000 };
    await world.agent.resume({ runId: "r", retry: failed.revision, budget });
    await world.server.settle({ advance: true });
    expect(world.report()).toMatchObject({ status: "completed", output: { response: "done" } });
    expect([world.asked.length, world.work.seen.length]).toEqual([3, 2]);
    expect(await world.history()).toHaveLength(6);
  },
);

testOnBoth("a rerun without a larger budget asks nothing and runs nothing", async (where) => {
  const world = await working(where);
  const data = { threadId: "t", prompt: "go", runId: "r", budget: { maxLlmCalls: 1 } };
  await world.send(data, "e1");
  await world.server.rerun(world.executions()[0]?.id ?? "");
  await world.server.settle({ advance: true });
  expect(world.executions().map(({ status }) => status)).toEqual(["Failed", "Failed"]);
  expect([world.asked.length, world.work.seen.length]).toEqual([1, 0]);
});

testOnBoth("one that truncates completes with what it has", async (where) => {
  const world = await working(where);
  const budget: Budget = { maxUsd: 0.2, onExceed: "truncate", tenantId: "acme" };
  await world.agent.start({ threadId: "t", prompt: "go", runId: "r", budget });
  await world.server.settle({ advance: true });
  const { outcome } = await world.run();
  expect(outcome).toMatchObject({
    status: "completed",
    output: {
      response: "turn b",
      iterations: 2,
      status: "budgetExceeded",
      budgetExceeded: { kind: "usd", limit: 0.2, observed: 0.22, tenantId: "acme" },
      stats: { totalTokens: 220, totalToolCalls: 2 },
    },
  });
  expect(world.work.seen).toHaveLength(1);
  expect((await world.history()).at(-1)).toMatchObject({ content: NOT_RUN, isError: true });
  expect(await world.store.runs.holding("t")).toBe(undefined);
});

test("a hard budget fails, whatever it says of completing", async () => {
  const world = await working();
  const budget: Budget = { maxLlmCalls: 1, onExceed: "truncate", hard: true };
  await world.agent.start({ threadId: "t", prompt: "go", runId: "r", budget });
  await world.server.settle({ advance: true });
  expect((await world.run()).status).toBe("failed");
});

test("a last answer that passes the limit is given", async () => {
  const world = await working({ model: turns(done) });
  await world.send({ threadId: "t", prompt: "go", budget: { maxTokens: 50 } });
  expect(world.report()).toMatchObject({ output: { status: "completed", response: "done" } });
});

test("maxSteps ends the run as its turns do", async () => {
  const world = await working();
  await world.send({ threadId: "t", prompt: "go", budget: { maxSteps: 1 } });
  expect(world.report()).toMatchObject({ output: { status: "maxIterations", iterations: 1 } });
});

testOnBoth("what was used before a suspension counts after it", async (where) => {
  const refund = recorder(() => "paid", { requiresApproval: true });
  const world = await working({
    ...where,
    more: { refund },
    model: turns(asking("a", "refund"), asking("b"), done),
  });
  const budget: Budget = { maxLlmCalls: 2, onExceed: "truncate" };
  await world.agent.start({ threadId: "t", prompt: "go", runId: "r", budget });
  await world.server.settle({ advance: true });
  await world.agent.approve({ threadId: "t", runId: "r", callId: "a" });
  await world.server.settle({ advance: true });
  expect((await world.run()).outcome).toMatchObject({
    output: { status: "budgetExceeded", budgetExceeded: { kind: "llmCalls", observed: 2 } },
  });
  expect([refund.seen.length, world.work.seen.length]).toEqual([1, 0]);
});

testOnBoth(
  "whatever is lost or doubled, the same is used, and the same stops the run",
  async (where) => {
    const run = async (
      server: TestInngestOptions = {},
    ): Promise<{
      readonly requests: number;
      readonly output: LoopOutput;
      readonly told: number;
    }> => {
      const refund = recorder(() => "paid", { requiresApproval: true });
      const world = await working({
        ...where,
        server,
        more: { refund },
        model: turns(asking("a", "refund"), asking("b"), done),
      });
      const budget: Budget = { maxTokens: 200, onExceed: "truncate" };
      await world.agent.start({ threadId: "t", prompt: "go", runId: "r", budget });
      await world.server.settle({ advance: true });
      await world.agent.approve({ threadId: "t", runId: "r", callId: "a" });
      await world.server.settle({ advance: true });
      const { outcome } = await world.run();
      if (outcome?.status !== "completed") throw new Error("The run has not completed.");
      const told = (await world.history()).length;
      return {
        requests: world.server.requests.length,
        output: outcome.output as LoopOutput,
        told,
      };
    };
    const { requests, ...plain } = await run();
    expect(plain).toMatchObject({
      told: 5,
      output: { budgetExceeded: { kind: "tokens", limit: 200, observed: 220 } },
    });
    for (let index = 0; index < requests; index += 1)
      for (const fault of ["lose-response", "double"] as const)
        expect(await run({ faults: faultAt(index, fault) })).toMatchObject(plain);
  },
  120_000,
);

test("a model that hangs is cut off when the time is up", async () => {
  const world = await working({
    model: async ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      }),
  });
  await world.agent.start({
    threadId: "t",
    prompt: "go",
    runId: "r",
    budget: { maxDurationMs: 250 },
  });
  await world.server.settle({ advance: true });
  const { outcome } = await world.run();
  const error = outcome?.status === "failed" ? outcome.error : undefined;
  expect(budgetExceededIn(error)).toMatchObject({ kind: "duration", limit: 250 });
  expect(world.asked).toHaveLength(1);
});

test("tokens or dollars that nobody knows fail a run that limits them", async () => {
  for (const [budget, kind] of [
    [{ maxTokens: 1000 }, "tokens"],
    [{ maxUsd: 1 }, "dollars"],
  ] as const) {
    const world = await working({ model: turns(calls(["a", "work", {}]), done) });
    await world.agent.start({ threadId: "t", prompt: "go", runId: "r", budget });
    await world.server.settle({ advance: true });
    expect((await world.run()).outcome).toMatchObject({
      status: "failed",
      error: { name: "SpendingUnknownError", message: expect.stringContaining(kind) },
    });
    expect([world.asked.length, world.work.seen.length]).toEqual([1, 0]);
  }
});

test("those who watch are warned once of each threshold", async () => {
  const world = await working();
  const warnAt = { tokens: 150, pctOfMax: 10 };
  const budget: Budget = { maxTokens: 1000, warnAt, tenantId: "acme" };
  const { fullStream } = await world.agent.stream("go", { threadId: "t", runId: "r", budget });
  await world.server.settle({ advance: true });
  const warnings: unknown[] = [];
  for await (const { event, data } of fullStream)
    if (event === "budget.warning") warnings.push([data.threshold, data.observed, data.tenantId]);
  expect(warnings).toEqual([
    [100, 110, "acme"],
    [150, 220, "acme"],
  ]);
});

test("dollars need a price, and nothing is recorded without one", async () => {
  const world = await createWorld({ model: turns(done) });
  const refused = { code: "INVALID_ARGUMENT", message: expect.stringContaining("price") };
  const budget = { maxUsd: 1 };
  const start = { threadId: "t", prompt: "go", runId: "r", budget };
  await expect(world.agent.start(start)).rejects.toMatchObject(refused);
  await expect(world.agent.prepare("go", { threadId: "t", budget })).rejects.toMatchObject(refused);
  const local = { store: world.store, threadId: "t", prompt: "go", options: { budget } };
  await expect(runLocally(world.agent.agent, local)).rejects.toMatchObject(refused);
  await world.send({ threadId: "t", prompt: "go", budget }, "e1");
  expect(world.executions().at(-1)).toMatchObject({ status: "Failed", requests: 1 });
  expect(await world.store.threads.get("t")).toBeUndefined();
});

test("an agent that holds no budgets takes none", async () => {
  const loop = createAgentLoop({ name: "plain", model: turns(done) });
  const plain: DurableAgent = {
    name: "plain",
    run: async (input, context) => loop.run(input, context),
    resume: async (state, decisions, context) => loop.resume(state, decisions, context),
  };
  const world = await createWorld();
  const local = { store: world.store, threadId: "t", options: { budget: { maxTokens: 1 } } };
  await expect(runLocally(plain, local)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining("holds no budgets"),
  });
});

test("runs without Inngest are held to theirs", async () => {
  const world = await createWorld();
  const agent = createAgentLoop({
    name: "local",
    price,
    tools: { work: recorder() },
    model: turns({ ...calls(["a", "work", {}]), usage }, done),
  });
  const options = { budget: { maxTokens: 100 } };
  const running = runLocally(agent, { store: world.store, threadId: "t", prompt: "go", options });
  const error: unknown = await running.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "BudgetExceededError", code: "BUDGET_EXCEEDED" });
  expect(budgetExceededIn(error)).toEqual({ kind: "tokens", limit: 100, observed: 110 });
});
