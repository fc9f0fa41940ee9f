import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { createWorld } from "../bridge/world.ts";
import { type Payment, paidWorld, question, told } from "./world.ts";

const dies = { after: ({ nth, die }: Payment) => (nth === 0 ? die() : undefined) };

test("a question that is answered with a value is done with it", async () => {
  const world = await paidWorld(dies);
  await world.go();
  const { id } = await question(world);
  await world.agent.answer({ threadId: "t", approvalId: id, value: { receipt: "by hand" } });
  await world.settle();
  expect(told(world)).toBe('told: {"receipt":"by hand"}');
  expect(world.paid).toHaveLength(1);
  expect(await world.effects()).toEqual([]);
});

test("a question that is denied is not done, and the model is told who says so", async () => {
  const world = await paidWorld(dies);
  await world.go();
  const { id } = await question(world);
  await world.agent.deny({ threadId: "t", approvalId: id, reason: "no such payment" });
  await world.settle();
  expect(told(world)).toBe('told: "A person says that this call was not done: no such payment"');
  expect((await world.store.history.read("t")).map(({ value }) => value)[2]).toMatchObject({
    role: "tool",
    toolCallId: "r",
    isError: true,
  });
  expect(world.paid).toHaveLength(1);
});

test("a question takes no other input, and is decided once", async () => {
  const world = await paidWorld(dies);
  await world.go();
  const { id } = await question(world);
  const other = { threadId: "t", approvalId: id, input: { order: 2 } };
  await expect(world.agent.approve(other)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  const decided = await Promise.all([
    world.agent.approve({ threadId: "t", approvalId: id }),
    world.agent.deny({ threadId: "t", approvalId: id }),
  ]);
  expect(decided.map(({ counted }) => counted)).toEqual([true, false]);
  await world.settle();
  expect(world.paid).toHaveLength(2);
});

test("a question is another one for each attempt", async () => {
  const world = await paidWorld({
    before: ({ nth }) => {
      if (nth < 2) throw new TypeError(`cut off ${nth}`);
    },
  });
  await world.go();
  const first = await question(world);
  expect(first.input).toMatchObject({ error: { name: "TypeError", message: "cut off 0" } });
  await world.agent.approve({ threadId: "t", approvalId: first.id });
  await world.settle();
  const second = await question(world);
  expect(second.id).not.toBe(first.id);
  expect(second.input).toMatchObject({ error: { message: "cut off 1" } });
  await world.agent.resume("r1", { approved: true });
  await world.settle();
  expect(told(world)).toBe('told: "receipt 1"');
});

test("a question shows the input that a person had agreed to, and does that again", async () => {
  const world = await paidWorld({ ...dies, tool: { requiresApproval: true } });
  await world.go();
  const { id } = await question(world);
  await world.agent.approve({ threadId: "t", approvalId: id, input: { order: 9 } });
  await world.settle();
  const asked = await question(world);
  expect(asked.input).toMatchObject({ input: { order: 9 } });
  await world.agent.approve({ threadId: "t", approvalId: asked.id });
  await world.settle();
  expect(told(world)).toBe('told: "receipt 2"');
  expect(world.paid.map(({ input }) => input)).toEqual([{ order: 9 }, { order: 9 }]);
});

test.each(["all", "any"] as const)(
  "a question waits beside an approval: %s",
  async (resumeWhen) => {
    const ask = { id: "s", name: "ship", input: {} };
    const world = await paidWorld({
      ...dies,
      tool: { requiresApproval: true },
      loop: { resumeWhen },
      tools: {
        ship: {
          description: "Ships.",
          parameters: { type: "object" },
          requiresApproval: true,
          execute: () => "shipped",
        },
      },
      model: ({ turn: at }) =>
        at === 1
          ? { text: "", toolCalls: [{ id: "r", name: "pay", input: {} }, ask] }
          : { text: "done" },
    });
    await world.go();
    await world.agent.approve({ threadId: "t", callId: "r" });
    await world.settle();
    if (resumeWhen === "all") {
      await world.agent.approve({ threadId: "t", callId: "s" });
      await world.settle();
    }
    const waiting = await world.pending();
    expect(waiting.map(({ tool }) => tool).toSorted()).toEqual(
      resumeWhen === "all" ? ["pay:outcome"] : ["pay:outcome", "ship"],
    );
    if (resumeWhen === "any") {
      await world.agent.deny({ threadId: "t", callId: "s" });
      await world.settle();
      expect(await world.pending()).toMatchObject([{ tool: "pay:outcome" }]);
    }
    const [asked] = await world.pending();
    await world.agent.approve({ threadId: "t", approvalId: asked?.id ?? "" });
    await world.settle();
    expect(told(world)).toBe("done");
    expect(world.paid).toHaveLength(2);
  },
);

test("a question is not answered by the next message of a chat", async () => {
  const world = await paidWorld(dies);
  await world.go();
  const { id } = await question(world);
  const next = { threadId: "t", runId: "r2", autoResumeSuspendedTools: true };
  await world.agent.stream("Thank you.", next);
  await world.settle();
  expect(await world.pending()).toMatchObject([{ id }]);
  expect((await world.agent.status({ runId: "r2" }))?.run.status).toBe("queued");
});

test("a question that nobody answers in time gives a stated text", async () => {
  const backend = memoryBackend();
  let now = 0;
  const clocked = createStore({ backend, now: () => now });
  const world = await paidWorld({ ...dies, store: clocked });
  const commit = clocked.commit.bind(clocked);
  // The loop itself sets no deadline here.
  Object.assign(world.store, {
    commit: (async (threadId, { settle, ...changes }, options) =>
      commit(
        threadId,
        settle?.status === "suspended"
          ? {
              ...changes,
              settle: {
                ...settle,
                approvals: settle.approvals.map((one) => ({ ...one, expiresInMs: 1 })),
              },
            }
          : { ...changes, ...(settle === undefined ? {} : { settle }) },
        options,
      )) satisfies typeof commit,
  });
  await world.go();
  const { id } = await question(world);
  now += 10;
  await world.store.approvals.expire("t", id);
  await world.agent.resume({ runId: "r1" });
  await world.settle();
  expect(told(world)).toBe(
    'told: "It is not known whether this call was done, and nobody said so in time."',
  );
  expect(world.paid).toHaveLength(1);
});

test("a question waits for a deploy that has its tool, with its effect", async () => {
  const world = await paidWorld({
    after: ({ nth, die }) => (nth === 0 ? die() : undefined),
  });
  await world.go();
  const { id } = await question(world);
  const pay = { description: "Pays.", parameters: { type: "object" }, execute: () => "paid" };
  for (const tools of [{}, { pay }]) {
    const redeployed = await createWorld({
      store: world.store,
      tools,
      loop: { name: "cashier" },
    });
    await redeployed.agent.approve({ threadId: "t", approvalId: id });
    await redeployed.server.settle({ advance: true });
    expect(redeployed.executions()[0]).toMatchObject({
      status: "Failed",
      error: { name: "IncompatibleError" },
    });
  }
  await world.agent.resume({ runId: "r1" });
  await world.settle();
  expect(told(world)).toBe('told: "receipt 2"');
});
