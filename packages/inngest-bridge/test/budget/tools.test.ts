import { expect, test } from "vitest";
import { type AgentTool, type Budget, budgetExceededIn, type LoopOutput } from "../../src/index.ts";
import { recorder, turns } from "../bridge/world.ts";
import { asking, done, testOnBoth, usage, working } from "./worlds.ts";

/** A tool that asks a model of its own twice. */
function thinking(): AgentTool & { readonly counted: number[] } {
  const counted: number[] = [];
  const tool: AgentTool = {
    ...recorder(),
    async execute(_input, { spent }) {
      for (const nth of [1, 2]) {
        counted.push(nth);
        await spent({ model: "m", usage });
      }
      return "thought";
    },
  };
  return Object.defineProperty(tool, "counted", { value: counted }) as AgentTool & {
    readonly counted: typeof counted;
  };
}

testOnBoth(
  "a call that passes its budget is an error, the run fails, and goes on with a larger one",
  async (where) => {
    const think = thinking();
    const world = await working({
      ...where,
      more: { think },
      model: turns(asking("a", "think"), done),
    });
    const toolBudget: Budget = { maxTokens: 150 };
    await world.agent.start({ threadId: "t", prompt: "go", runId: "r", toolBudget });
    await world.server.settle({ advance: true });
    const failed = await world.run();
    const error = failed.outcome?.status === "failed" ? failed.outcome.error : undefined;
    expect(budgetExceededIn(error)).toEqual({
      kind: "tokens",
      limit: 150,
      observed: 220,
      tool: "think",
    });
    expect(think.counted).toEqual([1, 2]);

    const more = { toolBudget: { maxTokens: 300 } };
    await world.agent.resume({ runId: "r", retry: failed.revision, ...more });
    await world.server.settle({ advance: true });
    const { outcome } = await world.run();
    expect(outcome).toMatchObject({
      status: "completed",
      output: { stats: { totalTokens: 440, totalCostUsd: 0.44, totalToolCalls: 1 } },
    });
    expect((await world.history())[2]).toMatchObject({
      isError: true,
      content: expect.stringContaining("Budget exceeded: tokens of a call"),
    });
  },
);

testOnBoth("what tools use counts for the run", async (where) => {
  const think = thinking();
  const world = await working({ ...where, more: { think }, model: turns(asking("a", "think")) });
  const budget: Budget = { maxLlmCalls: 3, onExceed: "truncate" };
  await world.agent.start({ threadId: "t", prompt: "go", runId: "r", budget });
  await world.server.settle({ advance: true });
  const { outcome } = await world.run();
  const output = outcome?.status === "completed" ? (outcome.output as LoopOutput) : undefined;
  expect(output?.budgetExceeded).toEqual({ kind: "llmCalls", limit: 3, observed: 3 });
  expect(output?.stats).toMatchObject({ totalTokens: 330, totalToolCalls: 1 });
});

test("a call that hangs is told that its time is up", async () => {
  const hang: AgentTool = {
    ...recorder(),
    execute: async (_input, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      }),
  };
  const world = await working({ more: { hang }, model: turns(asking("a", "hang"), done) });
  const toolBudget: Budget = { maxDurationMs: 5, onExceed: "truncate" };
  await world.agent.start({ threadId: "t", prompt: "go", runId: "r", toolBudget });
  await world.server.settle({ advance: true });
  expect((await world.run()).outcome).toMatchObject({
    status: "completed",
    output: { budgetExceeded: { kind: "duration", limit: 5, tool: "hang" } },
  });
  expect(world.asked).toHaveLength(1);
});

test("a tool that makes its own steps counts outside of them, once", async () => {
  const own: AgentTool = {
    ...recorder(),
    durable: "self",
    async execute(_input, { step, spent }) {
      await step?.run("first", () => 1);
      await spent({ usd: 0.5, usage });
      await step?.run("second", () => 2);
      return "ok";
    },
  };
  const world = await working({ more: { own }, model: turns(asking("a", "own"), done) });
  await world.agent.start({ threadId: "t", prompt: "go", runId: "r", toolBudget: { maxUsd: 1 } });
  await world.server.settle({ advance: true });
  expect((await world.run()).outcome).toMatchObject({
    output: { stats: { totalTokens: 330, totalCostUsd: 0.72 } },
  });
});

test.each([
  ["maxSteps", 3],
  ["warnAt", { usd: 1 }],
])("toolBudget.%s is refused by its name", async (field, value) => {
  const world = await working();
  const toolBudget = { [field]: value };
  await expect(
    world.agent.start({ threadId: "t", prompt: "go", toolBudget }),
  ).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining(`toolBudget.${field}`),
  });
});
