import { expect, test } from "vitest";
import { calls, createWorld, recorder, turns, type World } from "./bridge/world.ts";

/** A schema of a library: it takes `{ order: "<number>" }` and gives the number. */
const orders = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value: unknown) => {
      const order =
        typeof value === "object" && value !== null && "order" in value ? value.order : undefined;
      return typeof order === "string" && /^\d+$/.test(order)
        ? { value: { order: Number(order) } }
        : { issues: [{ message: "must be digits", path: ["order"] }] };
    },
  },
} as const;

async function waiting(): Promise<World & { readonly refund: ReturnType<typeof recorder> }> {
  const refund = recorder(() => "refunded", { parameters: orders, requiresApproval: true });
  const model = turns(calls(["r", "refund", { order: "7" }]), { text: "done" });
  const world = await createWorld({ tools: { refund }, model, agent: { trustEvents: true } });
  await world.send({ threadId: "t", prompt: "refund" }, "e1");
  expect(world.report()).toMatchObject({ status: "suspended" });
  return { ...world, refund };
}

const statuses = async ({ store }: World): Promise<string[]> =>
  (await store.approvals.pending("t")).map(({ status }) => status);

test("an input that the tool does not take is refused before it counts, and one that fits reaches the tool as its schema reads it", async () => {
  const world = await waiting();
  for (const input of [{ order: "x" }, {}, 7, null])
    await expect(world.agent.approve({ threadId: "t", callId: "r", input })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "The input for refund is not valid: order: must be digits.",
    });
  expect(await statuses(world)).toEqual(["pending"]);
  await world.agent.approve({ threadId: "t", callId: "r", input: { order: "8" } });
  await world.server.settle({ advance: true });
  expect(world.report()).toMatchObject({ status: "completed" });
  expect(world.refund.seen.map(({ input }) => input)).toEqual([{ order: 8 }]);
});

const approve = (order: string): Readonly<Record<string, unknown>> => ({
  threadId: "t",
  decisions: { r: { decision: "approve", modifiedInput: { order } } },
});

test("an input in an event that the tool does not take fails the event, and nothing is consumed", async () => {
  const world = await waiting();
  await world.resume(approve("x"));
  expect(world.executions().at(-1)).toMatchObject({
    status: "Failed",
    error: { message: "The input for refund is not valid: order: must be digits." },
  });
  expect(await statuses(world)).toEqual(["pending"]);
  await world.resume(approve("9"));
  expect(world.refund.seen.map(({ input }) => input)).toEqual([{ order: 9 }]);
});

test("data that no event can hold is refused before anything is recorded", async () => {
  const world = await waiting();
  const data = { large: "x".repeat(200_000) };
  for (const call of [
    world.agent.approve({ threadId: "t", callId: "r", data }),
    world.agent.deny({ threadId: "t", callId: "r", data }),
    world.agent.answer({ threadId: "t", callId: "r", value: 1, data }),
    world.agent.resume({ runId: "run-e1", data }),
    world.agent.cancel({ runId: "run-e1", data }),
  ])
    await expect(call).rejects.toMatchObject({ code: "TOO_LARGE" });
  expect(await statuses(world)).toEqual(["pending"]);
  expect((await world.agent.status({ runId: "run-e1" }))?.run.status).toBe("suspended");
});

test("a decision with a field that we don't know, and an answer without a value, are refused, and nothing is consumed", async () => {
  const world = await createWorld({
    tools: { refund: recorder(() => "refunded", { requiresApproval: true }) },
    model: turns(calls(["r", "refund", { order: "7" }]), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "refund" }, "e1");
  const { agent } = world;
  const at = { threadId: "t", callId: "r" };
  await expect(agent.approve({ ...at, inputs: { order: "8" } } as never)).rejects.toThrow(
    'approve has no option "inputs"',
  );
  await expect(agent.deny({ ...at, because: "no" } as never)).rejects.toThrow(
    'deny has no option "because"',
  );
  await expect(agent.answer({ ...at, output: "x" } as never)).rejects.toThrow(
    'answer has no option "output"',
  );
  await expect(agent.answer(at as never)).rejects.toThrow("answer needs a value");
  await expect(agent.cancel({ runId: "run-e1", why: "x" } as never)).rejects.toThrow(
    'cancel has no option "why"',
  );
  expect(await world.store.approvals.pending("t")).toHaveLength(1);
});

test("a decision with a misspelt input is refused, and not carried out with the model's own", async () => {
  const world = await waiting();
  const decisions = { r: { decision: "approve", modifiedinput: { order: "9" } } };
  await world.resume({ threadId: "t", decisions });
  expect(world.executions().at(-1)).toMatchObject({
    status: "Failed",
    error: { message: expect.stringContaining('A decision has no "modifiedinput"') },
  });
  await expect(world.agent.resume("run-e1", decisions)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining('A decision has no "modifiedinput"'),
  });
  expect(await statuses(world)).toEqual(["pending"]);
  expect(world.refund.seen).toEqual([]);
});

test("what stands beside approved is refused, and not passed over", async () => {
  const world = await waiting();
  const changed = { approved: true, input: { order: "9" } };
  for (const given of [changed, { ...changed, approved: false }])
    await expect(world.agent.resume("run-e1", given)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining('"input" beside approved'),
    });
  expect(await statuses(world)).toEqual(["pending"]);
  expect(world.refund.seen).toEqual([]);
});
