import { expect } from "vitest";
import { testEverywhere } from "./bridge/everywhere.ts";
import { calls, createWorld, recorder, turns } from "./bridge/world.ts";

testEverywhere("answers a message", async (where) => {
  const world = await createWorld(where);
  await world.send({ threadId: "t", prompt: "hi" }, "e1");
  expect(world.report()).toEqual({
    status: "completed",
    runId: "run-e1",
    threadId: "t",
    output: { response: "hello", iterations: 1, status: "completed" },
  });
  expect(await world.history()).toEqual([
    { role: "user", content: "hi" },
    { role: "assistant", content: "hello" },
  ]);
  expect(world.asked.map(({ messages }) => messages)).toEqual([[{ role: "user", content: "hi" }]]);
});

testEverywhere("five tool calls in a row are twelve steps", async (where) => {
  const work = recorder((input) => input);
  const world = await createWorld({
    ...where,
    tools: { work },
    model: ({ turn }) => (turn < 6 ? calls([`c${turn}`, "work", { turn }]) : { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "go" }, "e1");
  const [run] = world.executions();
  expect(run?.steps.map(({ name }) => name)).toEqual([
    "begin",
    ...[1, 2, 3, 4, 5].flatMap(() => ["think", "tool-work"]),
    "think",
  ]);
  expect(work.seen.map(({ input }) => input)).toEqual([1, 2, 3, 4, 5].map((turn) => ({ turn })));
  expect(new Set(work.seen.map(({ key }) => key)).size).toBe(5);
  expect(await world.history()).toHaveLength(12);
});

testEverywhere("runs the calls of a turn in parallel steps", async (where) => {
  const work = recorder((input) => input);
  const world = await createWorld({
    ...where,
    tools: { work },
    model: turns(calls(["a", "work", { n: 1 }], ["b", "work", { n: 2 }]), { text: "both" }),
  });
  await world.send({ threadId: "t", prompt: "go" });
  expect(world.report()).toMatchObject({ status: "completed", output: { response: "both" } });
  expect(await world.history()).toEqual([
    { role: "user", content: "go" },
    calledMessage(["a", { n: 1 }], ["b", { n: 2 }]),
    { role: "tool", toolCallId: "a", toolName: "work", content: { n: 1 } },
    { role: "tool", toolCallId: "b", toolName: "work", content: { n: 2 } },
    { role: "assistant", content: "both" },
  ]);
  expect(world.asked[1]?.messages).toEqual((await world.history()).slice(0, -1));
});

testEverywhere("waits for a person, and goes on in a new execution", async (where) => {
  const refund = recorder(() => "refunded", { requiresApproval: true });
  const world = await createWorld({
    ...where,
    tools: { refund },
    model: turns(calls(["r", "refund", { order: 1 }]), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "refund" }, "e1");
  const report = world.report() as { readonly approvals: readonly { readonly id: string }[] };
  expect(report).toMatchObject({
    status: "suspended",
    runId: "run-e1",
    threadId: "t",
    checkpointId: expect.any(String),
    approvals: [{ callId: "r", tool: "refund", input: { order: 1 }, status: "pending" }],
  });
  expect(refund.seen).toEqual([]);
  const approvalId = report.approvals[0]?.id ?? "";
  const decided = await world.agent.approve({ threadId: "t", approvalId, by: "ann" });
  expect(decided).toMatchObject({ counted: true, approval: { status: "approved", by: "ann" } });
  await world.server.settle({ advance: true });
  expect(world.report()).toMatchObject({ status: "completed", runId: "run-e1" });
  expect(refund.seen).toHaveLength(1);
  expect(await world.history()).toEqual([
    { role: "user", content: "refund" },
    {
      role: "assistant",
      content: "",
      toolCalls: [{ id: "r", name: "refund", input: { order: 1 } }],
    },
    { role: "tool", toolCallId: "r", toolName: "refund", content: "refunded" },
    { role: "assistant", content: "done" },
  ]);
  const again = await world.agent.approve({ threadId: "t", approvalId, by: "eve" });
  expect(again).toMatchObject({ counted: false, approval: { status: "approved", by: "ann" } });
  await world.server.settle({ advance: true });
  expect(world.executions()).toHaveLength(2);
});

function calledMessage(...wanted: readonly (readonly [string, unknown])[]): unknown {
  const toolCalls = wanted.map(([id, input]) => ({ id, name: "work", input }));
  return { role: "assistant", content: "", toolCalls };
}
