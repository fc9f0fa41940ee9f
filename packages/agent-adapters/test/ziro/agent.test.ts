import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { durableTool, withStep } from "@perdure/inngest-bridge";
import { runLocally } from "@perdure/inngest-bridge/agent";
import { createTestInngest } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import { createWorld } from "../world.ts";
import { durableModel, ziroAgent } from "../../src/ziro/index.ts";
import { AgentSuspendedError, createAgent } from "./standIn.ts";
import { checkpoints, recorded, says, scripted, wants } from "./world.ts";

test("what is stored is not done again, and each call of the model has a turn of its own", async () => {
  const refund = recorded("refund", { requiresApproval: true });
  const model = scripted(wants(["a", "refund", {}]), says("done"));
  const agent = createAgent({ name: "support", model, tools: { refund } });
  const world = await createWorld({ agent: ziroAgent(agent, { model }) });
  const runId = await world.run("go");
  const [approval] = (await world.status(runId)).pending;
  await world.agent.approve({ threadId: "t", approvalId: approval?.id ?? "" });
  await world.settle();
  expect([model.asked.length, refund.seen.length]).toEqual([2, 1]);
  expect((await world.status(runId)).run.status).toBe("completed");
});

test("outside of a run the agent does what it did", async () => {
  const refund = recorded("refund", { requiresApproval: true });
  const model = scripted(wants(["a", "refund", { n: 1 }]), says("done"));
  const checkpointer = checkpoints();
  const agent = createAgent({ name: "support", model, tools: { refund }, checkpointer });
  ziroAgent(agent, { model });
  await expect(agent.run({ prompt: "go", threadId: "t" })).rejects.toBeInstanceOf(
    AgentSuspendedError,
  );
  const decisions = { a: { decision: "approve" } } as const;
  expect((await agent.resumeFromCheckpoint("t", { decisions })).text).toBe("done");
  expect([checkpointer.puts, refund.seen]).toEqual([["t"], [{ n: 1 }]]);
});

test("an agent that is handed to, is not named and wants a person fails the run, and is not taken for an answer", async () => {
  const below = createAgent({
    name: "billing",
    model: scripted(says("unused"), wants(["x", "refund", {}])),
    tools: { refund: recorded("refund", { requiresApproval: true }) },
  });
  const model = scripted(wants(["h", "transfer_to_billing", {}]), says("all well"));
  const agent = createAgent({ name: "triage", model, handoffs: [below] });
  const world = await createWorld({ agent: ziroAgent(agent, { model }) });
  const runId = await world.run("go");
  expect((await world.status(runId)).run).toMatchObject({
    status: "failed",
    outcome: { error: { message: expect.stringContaining("named in `handoffs`") } },
  });
});

test("an agent that is handed to works within the call, with the conversation", async () => {
  const asked = scripted(says("unused"), says("billed"));
  const below = createAgent({ name: "billing", model: asked });
  const model = scripted(wants(["h", "transfer_to_billing", {}]), says("all well"));
  const agent = createAgent({ name: "triage", model, handoffs: [below] });
  const world = await createWorld({ agent: ziroAgent(agent, { model }) });
  const runId = await world.run("go");
  expect((await world.status(runId)).run.outcome).toMatchObject({ output: { text: "all well" } });
  expect(asked.asked).toHaveLength(1);
  expect((await world.history())[2]).toMatchObject({ content: "billed" });
});

test("Ziro's budgets are held by Ziro, and fail the run as ours do", async () => {
  const model = scripted(wants(["a", "work", {}]), wants(["b", "work", {}]), says("done"));
  const work = recorded("work");
  const agent = createAgent({ name: "support", model, tools: { work } });
  const world = await createWorld({ agent: ziroAgent(agent, { model }) });
  const start = { threadId: "t", prompt: "go", runId: "r" };
  await world.agent.start({ ...start, budget: { maxLlmCalls: 1 } });
  await world.settle();
  const { run } = await world.status("r");
  expect(run).toMatchObject({
    status: "failed",
    outcome: { error: { name: "BudgetExceededError" } },
  });
  expect([model.asked.length, work.seen.length]).toEqual([1, 1]);
  await world.agent.resume({ runId: "r", retry: run.revision, budget: { maxLlmCalls: 5 } });
  await world.settle();
  expect((await world.status("r")).run.outcome).toMatchObject({ output: { response: "done" } });
  expect([model.asked.length, work.seen.length]).toEqual([3, 2]);

  await world.agent.start({
    ...start,
    runId: "q",
    budget: { maxLlmCalls: 1, onExceed: "truncate" },
  });
  await world.settle();
  expect((await world.status("q")).run.outcome).toMatchObject({
    output: { status: "budgetExceeded", finishReason: "budgetExceeded" },
  });
});

test.each([{ maxLlmCalls: 2 }, { maxTokens: 150 }])(
  "a model that is asked through its agent counts once in %o",
  async (budget) => {
    const model = scripted(wants(["a", "work", {}]), says("done"));
    const agent = createAgent({ name: "support", model, tools: { work: recorded("work") } });
    // One pass through all of it, and no other that could count anew.
    const store = createStore({ backend: memoryBackend() });
    const run = { store, threadId: "t", runId: "r", prompt: "go", options: { budget } };
    expect(await runLocally(ziroAgent(agent), run)).toMatchObject({
      status: "completed",
      output: { text: "done" },
    });
  },
);

test("a denied call is not carried out, whatever its tool would ask by then", async () => {
  let asked = 0;
  const refund = recorded("refund", {
    requiresApproval() {
      asked += 1;
      return asked === 1;
    },
  });
  const model = scripted(wants(["a", "refund", {}]), says("done"));
  const agent = createAgent({ name: "support", model, tools: { refund } });
  const world = await createWorld({ agent: ziroAgent(agent, { model }) });
  const runId = await world.run("go");
  await world.agent.deny({ threadId: "t", runId, callId: "a", reason: "too late" });
  await world.settle();
  expect((await world.status(runId)).run.status).toBe("completed");
  expect(refund.seen).toEqual([]);
  expect(JSON.stringify(await world.history())).toContain("too late");
});

test("what is frozen cannot be kept, and is refused by its name each time", () => {
  const model = scripted(says("done"));
  const refund = Object.freeze(recorded("refund"));
  const checkpointer = Object.freeze(checkpoints());
  for (const [more, name] of [
    [{ tools: { refund } }, 'The tool "refund"'],
    [{ checkpointer }, "The checkpointer"],
  ] as const)
    for (const _ of ["once", "again"]) {
      const agent = createAgent({ name: "support", model, ...more });
      expect(() => ziroAgent(agent)).toThrow(
        expect.objectContaining({
          code: "INVALID_ARGUMENT",
          message: expect.stringContaining(name),
        }),
      );
    }
});

test("an option of a run that Ziro has nothing for fails it by its name", async () => {
  const model = scripted(says("done"));
  const agent = createAgent({ name: "support", model });
  const world = await createWorld({ agent: ziroAgent(agent, { model }) });
  await world.agent.start({ threadId: "t", prompt: "go", runId: "r", toolChoice: "none" });
  await world.settle();
  expect((await world.status("r")).run).toMatchObject({
    outcome: { error: { message: expect.stringContaining("toolChoice") } },
  });
});

test("an unmodified agent.run in a function has a step for each call of a durable model and of a durable tool", async () => {
  const server = createTestInngest();
  const inngest = server.client({ id: "app", checkpointing: false });
  const model = scripted(wants(["a", "work", {}]), says("done"));
  const work = recorded("work");
  const tools = { work: durableTool(work, { name: "work" }) };
  const agent = createAgent({ name: "support", model: durableModel(model), tools });
  const answer = inngest.createFunction(
    { id: "answer", triggers: [{ event: "asked" }] },
    async ({ step }) => withStep(step, async () => (await agent.run({ prompt: "go" })).text),
  );
  await server.register({ client: inngest, functions: [answer] });
  await server.send({ name: "asked" });
  await server.settle();
  const [run] = server.runs();
  expect(run).toMatchObject({ status: "Completed", output: "done" });
  expect(run?.steps.map(({ name }) => name)).toEqual(["think", "tool-work", "think"]);
  expect([model.asked.length, work.seen.length]).toEqual([2, 1]);
});
