import type { Message } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { finalizeRun, type LoopOutput, type RunItem, withStep } from "../../src/index.ts";
import { testEverywhere } from "../bridge/everywhere.ts";
import { calls, createWorld, recorder, turns } from "../bridge/world.ts";

/** Steps of a place that has none to keep. */
const plain = {
  run: async (_step: unknown, work: () => Promise<unknown>) => work(),
  sleep: async () => undefined,
};

const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };
const price = (_model: string, of: { readonly totalTokens: number }): number => of.totalTokens;

testEverywhere(
  "a loop and a result written by hand count the same, over a suspension",
  async (where) => {
    const work = recorder(() => "ok");
    const refund = recorder(() => "paid", { requiresApproval: true });
    const world = await createWorld({
      ...where,
      tools: { work, refund },
      loop: { price },
      model: turns(
        { ...calls(["a", "work", {}], ["b", "refund", {}]), text: "looking", usage, model: "m" },
        { ...calls(["c", "work", {}]), usage, model: "m", reasoningSteps: 2 },
        { text: "done", usage, model: "m" },
      ),
    });
    await world.send({ threadId: "t", prompt: "go" }, "e1");
    const [approval] = await world.store.approvals.pending("t");
    await world.agent.deny({ threadId: "t", approvalId: approval?.id ?? "" });
    await world.server.settle({ advance: true });
    const run = await world.store.runs.get("run-e1");
    if (run?.outcome?.status !== "completed") throw new Error("The run has not completed.");
    const { stats } = run.outcome.output as LoopOutput;
    const told = (await world.history()) as readonly Message[];
    const newItems = [...told.flatMap(itemsOf), ...reasoning(2)];
    const byHand = {
      finalOutput: "done",
      newItems,
      usage: [usage, usage, usage],
      lastAgent: "support",
    };
    const counted = await withStep(plain, async () =>
      finalizeRun(byHand, { agentName: "support", model: "m", price }),
    );
    expect(stats).toEqual(counted.stats);
    expect(stats).toMatchObject({
      totalToolCalls: 3,
      totalMessages: 2,
      totalItems: 10,
      totalCostUsd: 330,
    });
    const passed = await withStep(plain, async () =>
      finalizeRun({ response: "done", stats }, { agentName: "support", model: "m" }),
    );
    expect(passed).toEqual({ finalOutput: "done", stats });
  },
);

test("a price that fails costs no answer", async () => {
  const world = await createWorld({
    loop: {
      price: () => {
        throw new Error("the list is down");
      },
    },
    model: turns({ text: "hi", usage, model: "m" }),
  });
  await world.send({ threadId: "t", prompt: "go" });
  expect(world.asked).toHaveLength(1);
  expect(world.report()).toMatchObject({
    status: "completed",
    output: { stats: { totalTokens: 110, totalCostUsd: null } },
  });
});

test("reasoning that is no number fails the run and is not asked for again", async () => {
  const world = await createWorld({ model: turns({ text: "hi", reasoningSteps: -1 }) });
  await world.send({ threadId: "t", prompt: "go" });
  expect(world.asked).toHaveLength(1);
  expect(world.executions().at(-1)).toMatchObject({ status: "Failed" });
});

function itemsOf(message: Message): readonly RunItem[] {
  const agent = "support";
  if (message.role === "tool") return [{ type: "tool_result", agent }];
  if (message.role !== "assistant") return [];
  const said = message.content === "" ? [] : [{ type: "message", agent }];
  return [...said, ...(message.toolCalls ?? []).map(() => ({ type: "tool_call", agent }))];
}

function reasoning(steps: number): readonly RunItem[] {
  return Array.from({ length: steps }, () => ({ type: "reasoning", agent: "support" }));
}
