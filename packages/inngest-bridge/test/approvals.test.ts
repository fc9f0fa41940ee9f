import type { Approval } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { testEverywhere } from "./bridge/everywhere.ts";
import {
  calls,
  createWorld,
  recorder,
  turns,
  type World,
  type WorldOptions,
} from "./bridge/world.ts";

const once = turns(calls(["r", "refund", { order: 1 }]), ({ messages }) => ({
  text: `told: ${JSON.stringify(messages.at(-1)?.content)}`,
}));

function refundTool(): ReturnType<typeof recorder> {
  return recorder(() => "refunded", { requiresApproval: true });
}

async function suspended(
  options: WorldOptions = {},
): Promise<World & { readonly refund: ReturnType<typeof recorder> }> {
  const refund = refundTool();
  const world = await createWorld({ tools: { refund }, model: once, ...options });
  await world.send({ threadId: "t", prompt: "refund" }, "e1");
  expect(world.report()).toMatchObject({ status: "suspended" });
  return { ...world, refund };
}

const response = (world: World): unknown =>
  (world.report() as { readonly output?: { readonly response?: unknown } }).output?.response;

test("a denial with a reason is what the model is told, and the tool does not run", async () => {
  const world = await suspended();
  await world.agent.deny({ threadId: "t", callId: "r", runId: "run-e1", reason: "too much" });
  await world.server.settle({ advance: true });
  expect(world.refund.seen).toEqual([]);
  expect(response(world)).toBe('told: "A person denied this call: too much"');
  expect((await world.history())[2]).toEqual({
    role: "tool",
    toolCallId: "r",
    toolName: "refund",
    content: "A person denied this call: too much",
    isError: true,
  });
});

test("a person may answer in the tool's place", async () => {
  const world = await suspended();
  await world.agent.answer({ threadId: "t", callId: "r", value: { done: "by hand" } });
  await world.server.settle({ advance: true });
  expect(world.refund.seen).toEqual([]);
  expect(response(world)).toBe('told: {"done":"by hand"}');
});

test("a person may change the input that they approve", async () => {
  const world = await suspended();
  await world.agent.approve({ threadId: "t", callId: "r", input: { order: 2 } });
  await world.server.settle({ advance: true });
  expect(world.refund.seen.map(({ input }) => input)).toEqual([{ order: 2 }]);
});

test("the first decision stands, whoever comes later", async () => {
  const world = await suspended();
  const first = await world.agent.deny({ threadId: "t", callId: "r" });
  const second = await world.agent.approve({ threadId: "t", callId: "r" });
  expect([first.counted, second.counted]).toEqual([true, false]);
  expect(second.approval.status).toBe("denied");
  await world.server.settle({ advance: true });
  expect(world.refund.seen).toEqual([]);
  expect(world.report()).toMatchObject({ status: "ended", reason: "final" });
});

testEverywhere("resume events that come twice, or before a decision, do it once", async (where) => {
  const world = await suspended(where);
  await world.resume({ threadId: "t" });
  expect(world.report()).toMatchObject({ status: "waiting", approvals: [{ callId: "r" }] });
  await world.agent.approve({ threadId: "t", callId: "r" });
  const again = { name: "ziro/agent.resume.requested", data: { threadId: "t", runId: "run-e1" } };
  await world.server.send([again, again]);
  await world.server.settle({ advance: true });
  expect(world.refund.seen).toHaveLength(1);
  const statuses = world.executions().map(({ output }) => (output as { status: string }).status);
  expect(statuses.filter((status) => status === "completed")).toHaveLength(1);
  expect(statuses.slice(2).toSorted()).toEqual(["completed", "ended", "ended"]);
  expect(await world.history()).toHaveLength(4);
});

test("a decision that comes while the run works is met by its suspension", async () => {
  const refund = refundTool();
  const slow = recorder(async () => {
    const decided = await world.agent.approve({ threadId: "t", callId: "r", runId: "run-e1" });
    expect(decided.counted).toBe(true);
    return "slow";
  });
  const world: World = await createWorld({
    tools: { refund, slow },
    model: turns(calls(["r", "refund", {}], ["s", "slow", {}]), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "both" }, "e1");
  expect(refund.seen).toHaveLength(1);
  expect(world.executions()[0]?.output).toMatchObject({ status: "completed" });
});

test.each(["all", "any"] as const)("several approvals: %s", async (resumeWhen) => {
  const refund = refundTool();
  const world = await createWorld({
    tools: { refund },
    loop: { resumeWhen },
    model: turns(calls(["a", "refund", { n: 1 }], ["b", "refund", { n: 2 }]), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "two" });
  await world.agent.approve({ threadId: "t", callId: "a" });
  await world.server.settle({ advance: true });
  const inputs = (): unknown[] => refund.seen.map(({ input }) => input);
  expect(inputs()).toEqual(resumeWhen === "any" ? [{ n: 1 }] : []);
  expect(world.report()).toMatchObject({ status: resumeWhen === "any" ? "suspended" : "waiting" });
  await world.agent.deny({ threadId: "t", callId: "b" });
  await world.server.settle({ advance: true });
  expect(world.report()).toMatchObject({ status: "completed", output: { response: "done" } });
  expect(inputs()).toEqual([{ n: 1 }]);
  expect(await world.history()).toHaveLength(5);
});

test("asks by the input, once for each call, and never for one that cannot run", async () => {
  const refund = recorder(() => "ok", {
    requiresApproval: (input: never) => (input as { cents: number }).cents > 100,
  });
  const world = await createWorld({
    tools: { refund },
    model: turns(
      calls(["small", "refund", { cents: 1 }], ["bad", "refund", "not an object"]),
      calls(["large", "refund", { cents: 500 }]),
    ),
  });
  await world.send({ threadId: "t", prompt: "go" });
  expect(world.report()).toMatchObject({ status: "suspended", approvals: [{ callId: "large" }] });
  expect(refund.seen.map(({ input }) => input)).toEqual([{ cents: 1 }]);
});

const approveIt = { threadId: "t", decisions: { r: { decision: "approve" } } };

test("decisions in an event fail at once where nothing says who may decide, and nothing is consumed", async () => {
  const world = await suspended();
  await world.resume(approveIt);
  const failed = world.executions().at(-1);
  expect(failed?.status).toBe("Failed");
  expect(failed?.error?.message).toMatch(/`authorize`.*`trustEvents: true`/);
  expect(failed?.requests).toBe(1);
  expect((await world.store.approvals.pending("t")).map(({ status }) => status)).toEqual([
    "pending",
  ]);
  expect((await world.agent.status({ runId: "run-e1" }))?.run.status).toBe("suspended");
});

test("decisions in events count where events are trusted, in Ziro's words", async () => {
  const world = await suspended({ agent: { trustEvents: true } });
  const decisions = { r: { decision: "approve", modifiedInput: { order: 9 } } };
  await world.resume({ threadId: "t", decisions });
  expect(world.report()).toMatchObject({ status: "completed" });
  expect(world.refund.seen.map(({ input }) => input)).toEqual([{ order: 9 }]);
});

test("`authorize` judges each decision by what is stored", async () => {
  const asked: { approval: Approval | undefined; by: string | undefined }[] = [];
  const world = await suspended({
    agent: {
      authorize: ({ approval, by }) => {
        asked.push({ approval, by });
        return by === "boss" ? "the boss" : false;
      },
    },
  });
  await world.resume({ ...approveIt, by: "eve" });
  expect(world.executions().at(-1)?.error?.message).toMatch(/may not decide/);
  expect(world.refund.seen).toEqual([]);
  await world.resume({ ...approveIt, by: "boss" });
  expect(world.report()).toMatchObject({ status: "completed" });
  expect(asked.map(({ approval }) => approval?.input)).toEqual([{ order: 1 }, { order: 1 }]);
  const [approvalId = ""] = (await world.agent.status({ runId: "run-e1" }))?.run.approvals ?? [];
  expect(await world.store.approvals.get("t", approvalId)).toMatchObject({ by: "the boss" });
});

test("a decision on a call that nobody asks about is an error", async () => {
  const world = await suspended({ agent: { trustEvents: true } });
  await world.resume({ threadId: "t", decisions: { other: { decision: "approve" } } });
  expect(world.executions().at(-1)).toMatchObject({ status: "Failed", requests: 2 });
  await expect(world.agent.approve({ threadId: "t", callId: "other" })).rejects.toMatchObject({
    code: "NOT_FOUND",
  });
});

test("a resume event that names a checkpoint means its run, also when that is final", async () => {
  const world = await suspended({ agent: { trustEvents: true } });
  const { checkpointId } = world.report() as { readonly checkpointId: string };
  await world.resume({ threadId: "t", checkpointId, decisions: approveIt.decisions });
  expect(world.report()).toMatchObject({ status: "completed" });
  await world.resume({ threadId: "t", checkpointId });
  expect(world.report()).toMatchObject({
    status: "ended",
    reason: "final",
    run: { runId: "run-e1" },
  });
  await world.resume({ threadId: "t" });
  expect(world.report()).toMatchObject({ status: "ended", reason: "gone" });
});

test("a run of an agent that was renamed, or lost its tool, can be resumed after the fix", async () => {
  const world = await suspended();
  await world.agent.approve({ threadId: "t", callId: "r" });
  for (const wrong of [{ loop: { name: "other" } }, { tools: {} }]) {
    const redeployed = await createWorld({ ...wrong, store: world.store, model: once });
    await redeployed.resume({ threadId: "t", runId: "run-e1" });
    expect(redeployed.executions()[0]).toMatchObject({
      status: "Failed",
      requests: 2,
      error: { name: "IncompatibleError" },
    });
  }
  await world.server.settle({ advance: true });
  expect(world.report()).toMatchObject({ status: "completed" });
  expect(world.refund.seen).toHaveLength(1);
});
