import { expect, test } from "vitest";
import { createAgentLoop, delegate } from "../../src/index.ts";
import {
  calls,
  createWorld,
  recorder,
  turns,
  type World,
  type WorldOptions,
} from "../bridge/world.ts";
import { testHere } from "./here.ts";

const told = "Nobody decided on this call in time.";

const model = turns(calls(["r", "refund", { order: 1 }]), ({ messages }) => ({
  text: `told: ${JSON.stringify(messages.at(-1)?.content)}`,
}));

async function suspended(options: WorldOptions): Promise<World & { refunds: () => number }> {
  const refund = recorder(() => "refunded", { requiresApproval: true });
  const world = await createWorld({ tools: { refund }, model, ...options });
  await world.server.send({
    name: "ziro/agent.run.requested",
    id: "e1",
    data: { threadId: "t", prompt: "refund" },
  });
  await world.server.settle();
  expect(world.executions()[0]?.output).toMatchObject({ status: "suspended" });
  return { ...world, refunds: () => refund.seen.length };
}

async function expectTold(world: World & { refunds: () => number }): Promise<void> {
  expect(world.report()).toMatchObject({
    status: "completed",
    output: { response: `told: "${told}"` },
  });
  const results = (await world.history()).filter((value) => JSON.stringify(value).includes(told));
  expect(results).toHaveLength(2);
  expect(world.refunds()).toBe(0);
  expect(world.asked).toHaveLength(2);
}

testHere("an approval whose time is over is told to the model, once", async (where) => {
  const world = await suspended({ ...where, agent: { approvalTtlMs: 1, upkeep: false } });
  await world.server.settle({ advance: true });
  await expectTold(world);
  const again = await world.agent.approve({ threadId: "t", callId: "r" }).catch(String);
  expect(JSON.stringify(again)).not.toContain('"counted":true');
});

testHere("an expiry whose event was lost is found by the cron", async (where) => {
  const world = await suspended({ ...where, agent: { approvalTtlMs: 1 } });
  world.down();
  await world.server.settle({ advance: true });
  await world.up();
  await world.server.advance("15m");
  await world.server.settle();
  await expectTold(world);
});

testHere("an expiry that comes twice expires once", async (where) => {
  const world = await suspended({ ...where, agent: { approvalTtlMs: 1, upkeep: false } });
  const due = world.server.events().find(({ name }) => name === "perdure/approval.due");
  await world.server.send([
    { ...due, id: "again" },
    { ...due, id: "and again" },
  ] as never);
  await world.server.settle({ advance: true });
  expect(world.executions().map(({ output }) => (output as { status: string }).status)).toContain(
    "completed",
  );
  expect(world.asked).toHaveLength(2);
  expect(await world.history()).toHaveLength(4);
});

testHere(
  "what the agent of a call waits for expires too, and that agent is told",
  async (where) => {
    const refund = recorder(() => "paid", { requiresApproval: true });
    const clerk = createAgentLoop({
      name: "clerk",
      tools: { refund },
      model: turns(calls(["r", "refund", { order: 7 }]), ({ messages }) => ({
        text: `told: ${JSON.stringify(messages.at(-1)?.content)}`,
      })),
    });
    const world = await createWorld({
      ...where,
      agent: { approvalTtlMs: 1 },
      tools: { ask: delegate(clerk, { description: "Refunds." }) },
      model: turns(calls(["a", "ask", { prompt: "Refund 7." }]), ({ messages }) => ({
        text: JSON.stringify(messages.at(-1)?.content),
      })),
    });
    await world.send({ threadId: "t", prompt: "go" }, "e1");
    await world.server.advance("30m");
    await world.server.settle();
    expect(world.report()).toMatchObject({ status: "completed" });
    const { response } = (world.report() as { output: { response: string } }).output;
    expect(response).toContain(told);
    expect(refund.seen).toEqual([]);
    expect((await world.store.openThreads()).threads).toEqual([]);
  },
);

test("a tool's own time comes before the agent's, and a decision in time counts", async () => {
  const refund = recorder(() => "refunded", { requiresApproval: true, approvalTtlMs: 3_600_000 });
  const other = recorder(() => "ok", { requiresApproval: true });
  const world = await createWorld({
    tools: { refund, other },
    agent: { approvalTtlMs: 60_000, upkeep: false },
    model: turns(calls(["r", "refund", {}], ["o", "other", {}]), { text: "done" }),
  });
  await world.server.send({
    name: "ziro/agent.run.requested",
    id: "e1",
    data: { threadId: "t", prompt: "go" },
  });
  await world.server.settle();
  const pending = await world.store.approvals.pending("t");
  const spans = pending.map(({ callId, expiresAt, requestedAt }) => [
    callId,
    Number(expiresAt) - Number(requestedAt),
  ]);
  expect(Object.fromEntries(spans)).toEqual({ r: 3_600_000, o: 60_000 });
  await world.agent.approve({ threadId: "t", callId: "r" });
  await world.agent.approve({ threadId: "t", callId: "o" });
  await world.server.settle({ advance: true });
  expect(refund.seen).toHaveLength(1);
  expect((await world.agent.status({ runId: "run-e1" }))?.run.status).toBe("completed");
  const due = world.server.runs().filter(({ functionId }) => functionId.endsWith(":due"));
  expect(due.map(({ output }) => output)).toEqual([{ status: "over" }, { status: "over" }]);
});

test("a time that is none is refused by name", async () => {
  for (const approvalTtlMs of [0, -1, 1.5, 1e15, "1h"])
    await expect(createWorld({ agent: { approvalTtlMs } as never })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("approvalTtlMs") as unknown,
    });
  const tools = { refund: { ...recorder(), approvalTtlMs: 0 } };
  await expect(createWorld({ tools })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  for (const upkeep of [true, 1, { every: "1m" }, { cron: "" }, { maintainMs: 0 }])
    await expect(createWorld({ agent: { upkeep } as never })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("upkeep") as unknown,
    });
});
