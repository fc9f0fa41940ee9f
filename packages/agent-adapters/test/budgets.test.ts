import { Agent, tool } from "@openai/agents";
import { type Budget, budgetExceededIn } from "@perdure/inngest-bridge";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { currentCall } from "../src/ai-sdk/index.ts";
import { durableModel, durableTool, openAIAgent } from "../src/openai-agents/index.ts";
import * as openai from "./openai-agents/stub.ts";
import { frameworks, type Working } from "./working.ts";
import { createWorld, type World } from "./world.ts";

async function started(
  working: Working,
  options: { readonly budget?: Budget; readonly toolBudget?: Budget },
): Promise<World> {
  const world = await createWorld({ agent: working.agent });
  await world.agent.start({ threadId: "t", prompt: "go", runId: "r", ...options });
  await world.settle();
  return world;
}

async function hang(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason as Error));
  });
}

describe.each(frameworks)("budgets in %s", (_, on) => {
  test("a run fails where its budget leaves no room, and a retry with a larger one goes on from there", async () => {
    const working = on();
    const world = await started(working, { budget: { maxTokens: 200 } });
    const { run: failed } = await world.status("r");
    const error = failed.outcome?.status === "failed" ? failed.outcome.error : undefined;
    expect(error?.name).toBe("BudgetExceededError");
    expect(budgetExceededIn(error)).toEqual({ kind: "tokens", limit: 200, observed: 220 });
    expect([working.asked(), working.done]).toEqual([2, ["a"]]);
    await world.agent.resume({ runId: "r", retry: failed.revision, budget: { maxTokens: 1000 } });
    await world.settle();
    expect((await world.status("r")).run.outcome).toMatchObject({ output: { response: "done" } });
    expect([working.asked(), working.done]).toEqual([3, ["a", "b"]]);
    expect(await world.history()).toHaveLength(6);
  });

  test("one that truncates completes with what it has", async () => {
    const working = on();
    const budget: Budget = { maxUsd: 0.2, onExceed: "truncate", tenantId: "acme" };
    const world = await started(working, { budget });
    expect((await world.status("r")).run.outcome).toMatchObject({
      status: "completed",
      output: {
        response: "turn b",
        iterations: 2,
        status: "budgetExceeded",
        budgetExceeded: { kind: "usd", limit: 0.2, observed: 0.22, tenantId: "acme" },
        stats: { totalTokens: 220, totalToolCalls: 2, totalCostUsd: 0.22, model: "stub-1" },
      },
    });
    expect(working.done).toEqual(["a"]);
    expect((await world.history()).at(-1)).toMatchObject({
      content: "Not run: the budget of the run is used up.",
      isError: true,
    });
  });

  test("what was used before a suspension counts after it, and a call behind it is not run", async () => {
    const working = on({ asks: true });
    const world = await started(working, { budget: { maxLlmCalls: 2, onExceed: "truncate" } });
    const [approval] = (await world.status("r")).pending;
    await world.agent.approve({ threadId: "t", approvalId: approval?.id ?? "" });
    await world.settle();
    expect((await world.status("r")).run.outcome).toMatchObject({
      output: { status: "budgetExceeded", budgetExceeded: { kind: "llmCalls", observed: 2 } },
    });
    expect([working.asked(), working.done]).toEqual([2, ["a"]]);
  });

  test("a smaller budget that a resume brings ends the run ahead of the call that was agreed to", async () => {
    const working = on({ asks: true });
    const world = await started(working, { budget: { maxLlmCalls: 5 } });
    await world.agent.resume("r", { approved: true }, { budget: { maxLlmCalls: 1 } });
    await world.settle();
    expect((await world.status("r")).run).toMatchObject({
      status: "failed",
      outcome: { error: { name: "BudgetExceededError" } },
    });
    expect([working.asked(), working.done]).toEqual([1, []]);
  });

  test("what a tool counts is held to its own budget and to the run's", async () => {
    const usage = { inputTokens: 100, outputTokens: 10 };
    const doing = async (): Promise<void> => currentCall()?.spent({ model: "m", usage });
    const own = on({ doing });
    const ofCall = await started(own, { toolBudget: { maxTokens: 50 } });
    const { outcome } = (await ofCall.status("r")).run;
    expect(budgetExceededIn(outcome?.status === "failed" ? outcome.error : undefined)).toEqual({
      kind: "tokens",
      limit: 50,
      observed: 110,
      tool: "work",
    });
    expect([own.asked(), own.done]).toEqual([1, ["a"]]);
    const all = on({ doing });
    const ofRun = await started(all, { budget: { maxLlmCalls: 3, onExceed: "truncate" } });
    expect((await ofRun.status("r")).run.outcome).toMatchObject({
      output: { budgetExceeded: { kind: "llmCalls", limit: 3, observed: 3 } },
    });
  });

  test("maxSteps ends the run as its turns do; a last answer that passes a limit is given", async () => {
    const few = await started(on(), { budget: { maxSteps: 1 } });
    expect((await few.status("r")).run.outcome).toMatchObject({
      output: { status: "maxIterations", iterations: 1 },
    });
    const last = await started(on(), { budget: { maxTokens: 320 } });
    expect((await last.status("r")).run.outcome).toMatchObject({ output: { response: "done" } });
  });

  test("a model that hangs is cut off when the time is up", async () => {
    const world = await started(on({ ask: hang }), { budget: { maxDurationMs: 5 } });
    const { outcome } = (await world.status("r")).run;
    const error = outcome?.status === "failed" ? outcome.error : undefined;
    expect(budgetExceededIn(error)).toMatchObject({ kind: "duration", limit: 5 });
  });

  test("dollars need a price, and those who watch are warned", async () => {
    const { agent } = on({ unpriced: true });
    const unpriced = await createWorld({ agent });
    const start = { threadId: "t", prompt: "go", budget: { maxUsd: 1 } };
    await expect(unpriced.agent.start(start)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("price") as string,
    });
    const world = await started(on(), { budget: { maxTokens: 1000, warnAt: { pctOfMax: 10 } } });
    const warnings: unknown[] = [];
    for await (const { event, data } of (await world.agent.observe("r")).fullStream)
      if (event === "budget.warning") warnings.push([data.threshold, data.observed]);
    expect(warnings).toEqual([[100, 110]]);
  });
});

test("an agent inside of a call uses the run's budget", async () => {
  const inner = openai.stub([[openai.call("n1", "note", { id: "x" })], [openai.text("noted")]]);
  const outer = openai.stub([
    [openai.call("c1", "clerk", { input: "Note x" })],
    [openai.text("All done.")],
  ]);
  const noted: string[] = [];
  const note = tool(
    durableTool({
      name: "note",
      description: "Notes.",
      parameters: z.object({ id: z.string() }),
      execute: async ({ id }: { id: string }) => `${noted.push(id)}`,
    }),
  );
  const clerk = new Agent({ name: "clerk", model: durableModel(inner.model), tools: [note] });
  const tools = [clerk.asTool({ toolName: "clerk", toolDescription: "Notes." })];
  const world = await createWorld({
    agent: openAIAgent(new Agent({ name: "desk", model: outer.model, tools })),
  });
  const budget: Budget = { maxLlmCalls: 2, onExceed: "truncate" };
  await world.agent.start({ threadId: "t", prompt: "go", runId: "r", budget });
  await world.settle();
  expect((await world.status("r")).run.outcome).toMatchObject({
    output: { budgetExceeded: { kind: "llmCalls", limit: 2, observed: 2 } },
  });
  expect([inner.asked.length, outer.asked.length, noted]).toEqual([1, 1, ["x"]]);
});
