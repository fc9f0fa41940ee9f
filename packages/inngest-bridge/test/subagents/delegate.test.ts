import { expect } from "vitest";
import { createAgentLoop, delegate, type LoopOutput, type ModelRequest } from "../../src/index.ts";
import { testEverywhere } from "../bridge/everywhere.ts";
import { calls, createWorld, recorder, type Script, turns } from "../bridge/world.ts";

const usage = { input_tokens: 10, output_tokens: 1 };

/** An agent for refunds, which needs a person. */
function clerk(script: Script, asked: ModelRequest[] = []) {
  const refund = recorder(() => "paid", { requiresApproval: true });
  const agent = createAgentLoop({
    name: "clerk",
    tools: { refund },
    model: async (request) => {
      asked.push(request);
      return script(request);
    },
  });
  return { agent, refund, asked };
}

testEverywhere("an agent works for a call, and its answer is the result", async (where) => {
  const { agent, asked } = clerk(turns({ text: "42 it is", usage, model: "m" }));
  const world = await createWorld({
    ...where,
    tools: { ask: delegate(agent, { description: "Knows numbers." }) },
    model: turns(
      { ...calls(["a", "ask", { prompt: "How many?" }]), usage, model: "m" },
      { text: "done", usage, model: "m" },
    ),
  });
  await world.send({ threadId: "t", prompt: "go" }, "e1");
  expect(world.report()).toMatchObject({ status: "completed", output: { response: "done" } });
  const [, , result] = await world.history();
  expect(result).toEqual({ role: "tool", toolCallId: "a", toolName: "ask", content: "42 it is" });
  expect(asked).toHaveLength(1);
  const [child] = asked;
  expect(child?.messages).toEqual([{ role: "user", content: "How many?" }]);
  expect(await world.store.runs.get(child?.runId ?? "")).toMatchObject({ status: "completed" });
  expect(await world.history(child?.threadId)).toHaveLength(2);
  const run = await world.store.runs.get("run-e1");
  const outcome = run?.outcome as { readonly output: LoopOutput } | undefined;
  expect(outcome?.output.stats).toMatchObject({
    agentsInvolved: ["clerk", "support"],
    totalTokens: 33,
    totalToolCalls: 1,
    totalMessages: 2,
    finalAgent: "support",
  });
});

testEverywhere("what it needs a person for is asked by the run that waits", async (where) => {
  const { agent, refund, asked } = clerk(
    turns(calls(["r", "refund", { order: 7 }]), { text: "refunded" }),
  );
  const world = await createWorld({
    ...where,
    tools: { ask: delegate(agent, { description: "Refunds." }) },
    model: turns(calls(["a", "ask", { prompt: "Refund 7." }]), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "go" }, "e1");
  expect(world.report()).toMatchObject({ status: "suspended" });
  const view = await world.agent.status({ runId: "run-e1" });
  expect(view?.pending).toMatchObject([{ tool: "ask/refund", input: { order: 7 } }]);
  expect((await world.store.approvals.pending()).approvals).toHaveLength(1);
  await world.agent.approve({ threadId: "t", approvalId: view?.pending[0]?.id ?? "" });
  await world.server.settle({ advance: true });
  expect(world.report()).toMatchObject({ status: "completed", output: { response: "done" } });
  expect(refund.seen).toMatchObject([{ input: { order: 7 } }]);
  expect(asked).toHaveLength(2);
  expect(await world.history()).toHaveLength(4);
  expect(await world.history(asked[0]?.threadId)).toHaveLength(4);
  expect(await world.store.runs.holding(asked[0]?.threadId ?? "")).toBeUndefined();
});
