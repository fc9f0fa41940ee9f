import { expect, test } from "vitest";
import { workedMs } from "../../src/budget/clock.ts";
import type { Budget } from "../../src/index.ts";
import { recorder, turns } from "../bridge/world.ts";
import { asking, done, testOnBoth, working } from "./worlds.ts";

test.each([
  [{ maxUsdPerRun: 0.5 }, 'budget has no field "maxUsdPerRun": it is called maxUsd.'],
  [{ maxDuration: 1 }, 'budget has no field "maxDuration": it is called maxDurationMs.'],
  [{ money: 1 }, 'budget has no field "money": the fields are maxUsd, maxTokens'],
  [{ maxUsd: 0 }, "budget.maxUsd must be a number above 0."],
  [{ maxUsd: Number.POSITIVE_INFINITY }, "budget.maxUsd must be a number above 0."],
  [{ maxTokens: 1.5 }, "budget.maxTokens must be a whole number"],
  [{ onExceed: () => "throw" }, "a function cannot be stored"],
  [{ warnAt: { percent: 50 } }, 'budget.warnAt has no field "percent"'],
  [{ warnAt: { pctOfMax: 101 } }, "budget.warnAt.pctOfMax must be"],
  [{ tenantId: "\ud800" }, "budget.tenantId must be"],
  [[], "budget must be an object."],
])("refuses %j wherever it comes from", async (wrong, message) => {
  const world = await working();
  const budget = wrong as Budget;
  const refused = { code: "INVALID_ARGUMENT", message: expect.stringContaining(message) };
  const start = { threadId: "t", prompt: "go", budget };
  await expect(world.agent.start(start)).rejects.toMatchObject(refused);
  await expect(world.agent.prepare("go", { threadId: "t", budget })).rejects.toMatchObject(refused);
  // What JSON changes on its way is another thing.
  if (!("onExceed" in wrong) && !("tenantId" in wrong)) {
    await world.send({ threadId: "t", prompt: "go", budget });
    const execution = world.executions().at(-1);
    expect(execution).toMatchObject({ status: "Failed", requests: 1 });
    expect(JSON.stringify(execution)).toContain(JSON.stringify(message).slice(1, -1).slice(0, 40));
  }
  expect(world.asked).toEqual([]);
  expect(await world.store.threads.get("t")).toBeUndefined();
});

test("prepare puts budgets where Ziro's producers have them", async () => {
  const world = await working();
  const budget = { maxTokens: 200 };
  const { event } = await world.agent.prepare("go", { threadId: "t", runId: "r", budget });
  expect(event.data).toEqual({ threadId: "t", prompt: "go", runId: "r", budget });
  await world.send({ ...event.data }, event.id);
  expect((await world.run()).status).toBe("failed");
});

testOnBoth(
  "a resume event's budget replaces the run's, a looser one only where events are trusted",
  async (where) => {
    const refund = recorder(() => "paid", { requiresApproval: true });
    const model = turns(asking("a", "refund"), asking("b"), done);
    const decided = { threadId: "t", decisions: { a: { decision: "approve" } } };
    const wary = await working({
      ...where,
      more: { refund },
      model,
      agent: { authorize: () => true },
    });
    const start = { threadId: "t", prompt: "go", runId: "r", budget: { maxTokens: 200 } };
    await wary.agent.start(start);
    await wary.server.settle({ advance: true });
    for (const budget of [{ maxTokens: 300 }, { maxUsd: 0.1 }, {}]) {
      await wary.resume({ ...decided, budget });
      expect(wary.executions().at(-1)).toMatchObject({ status: "Failed" });
      expect((await wary.run()).status).toBe("suspended");
      expect(await wary.store.approvals.pending("t")).toHaveLength(1);
    }
    const tighter: Budget = { maxTokens: 200, maxLlmCalls: 2, onExceed: "truncate" };
    await wary.resume({ ...decided, budget: tighter });
    expect((await wary.run()).input).toMatchObject({ options: { budget: tighter } });
    expect((await wary.run()).outcome).toMatchObject({ output: { status: "budgetExceeded" } });

    const trusting = await working({
      ...where,
      more: { refund },
      model,
      agent: { trustEvents: true },
    });
    await trusting.agent.start(start);
    await trusting.server.settle({ advance: true });
    await trusting.resume({ ...decided, budget: { maxTokens: 1000 } });
    expect((await trusting.run()).outcome).toMatchObject({ output: { response: "done" } });
  },
);

testOnBoth("a resume in code replaces it, and keeps what it does not name", async (where) => {
  const refund = recorder(() => "paid", { requiresApproval: true });
  const world = await working({
    ...where,
    more: { refund },
    model: turns(asking("a", "refund"), asking("b"), done),
  });
  const [budget, toolBudget] = [{ maxTokens: 100 + 11 }, { maxUsd: 1 }];
  await world.agent.start({ threadId: "t", prompt: "go", runId: "r", budget, toolBudget });
  await world.server.settle({ advance: true });
  const larger = { budget: { maxUsd: 1 } };
  const going = await world.agent.resume("r", { approved: true }, larger);
  await world.server.settle({ advance: true });
  expect(await going.output.text).toBe("done");
  expect((await world.run()).input).toMatchObject({ options: { ...larger, toolBudget } });
  await expect(
    world.agent.resume("r", undefined, { budget: { usd: 1 } as Budget }),
  ).resolves.toBeDefined();
});

test.each([
  ["before the first answer", undefined, [], 1000, 1400, 400],
  ["behind an answer of this execution", { ms: 400, at: 1400 }, [], 1000, 1700, 700],
  ["behind one of an earlier execution", { ms: 400, at: 1400 }, [], 9000, 9100, 500],
  ["and results that one stored", { ms: 400, at: 1400 }, [1450, 9050], 9000, 9100, 550],
  ["with a clock that was set back", { ms: 400, at: 1400 }, [], 1000, 1200, 400],
] as const)("time counts while an execution works: %s", (_, clock, marks, since, now, worked) => {
  expect(workedMs({ clock, marks: [...marks], since, now })).toBe(worked);
});
