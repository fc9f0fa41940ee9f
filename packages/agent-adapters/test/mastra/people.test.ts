import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { createInngestAgent, type InngestAgent } from "@perdure/inngest-bridge";
import { createTestInngest, type Message } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { mastraAgent } from "../../src/mastra/index.ts";
import { createWorld } from "../world.ts";
import { made, tool } from "./made.ts";
import { call, stub, text } from "./stub.ts";

const t = "t";

test("with `any` the run goes on with the first decision, and with another input that a person gave", async () => {
  const { model, asked } = stub([
    [call("c1", "refund", { order: "7" }), call("c2", "refund", { order: "8" })],
    [text("Both.")],
  ]);
  const paid: string[] = [];
  const refund = tool("refund", ({ order }) => paid.push(order), { requireApproval: true });
  const agent = mastraAgent(made(model, { refund }), { resumeWhen: "any" });
  const world = await createWorld({ agent });
  const runId = await world.run("Refund both");
  const first = await world.status(runId);
  expect(first.pending.map(({ callId, tool: name, input }) => [callId, name, input])).toEqual([
    ["c1", "refund", { order: "7" }],
    ["c2", "refund", { order: "8" }],
  ]);
  await world.agent.approve({ threadId: t, approvalId: first.pending[1]?.id ?? "", by: "dana" });
  await world.settle();
  const second = await world.status(runId);
  expect([second.run.status, second.pending.length, paid]).toEqual(["suspended", 1, ["8"]]);
  const approvalId = second.pending[0]?.id ?? "";
  const wrong = world.agent.approve({ threadId: t, approvalId, input: { order: 9 } });
  await expect(wrong).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await world.agent.approve({ threadId: t, approvalId, input: { order: "9" } });
  const { counted } = await world.agent.deny({ threadId: t, approvalId, by: "eve" });
  await world.settle();
  const third = await world.status(runId);
  expect([third.run.status, paid, asked.length, counted]).toEqual([
    "completed",
    ["8", "9"],
    2,
    false,
  ]);
});

test("a tool that suspends asks a person, more than once if it wants, and goes on with each answer", async () => {
  const { model, asked } = stub([
    [call("c1", "book", { order: "7" })],
    ({ prompt }) => [text(JSON.stringify(prompt.at(-1)?.content))],
  ]);
  const seen: unknown[] = [];
  const book = tool(
    "book",
    async ({ order }, { agent: { suspend, resumeData, suspendPayload } }) => {
      seen.push([order, suspendPayload ?? null, resumeData ?? null]);
      if (resumeData === undefined) return suspend({ ask: "when" });
      const { seat } = resumeData as { readonly seat?: string };
      return seat === undefined ? suspend({ ask: "seat" }) : `booked ${seat}`;
    },
    { requireApproval: true, suspendSchema: z.object({ ask: z.string() }) },
  );
  const world = await createWorld({ agent: mastraAgent(made(model, { book })) });
  const { runId } = await world.agent.stream("Book", { threadId: t, runId: "r" });
  await world.settle();
  const waitsFor = async (): Promise<unknown> =>
    (await world.status(runId)).pending.map(({ callId, input }) => [callId, input]);
  const resume = async (data: unknown): Promise<void> => {
    await world.agent.resume(runId, data, { by: "dana" });
    await world.settle();
  };
  expect(await waitsFor()).toEqual([["c1", { order: "7" }]]);
  await resume({ approved: true });
  expect(await waitsFor()).toEqual([["c1~2", { ask: "when" }]]);
  await resume({ when: "today" });
  expect(await waitsFor()).toEqual([["c1~3", { ask: "seat" }]]);
  await resume({ seat: "12a" });
  const { run } = await world.status(runId);
  expect(run.status).toBe("completed");
  expect(JSON.stringify(run.outcome)).toContain("booked 12a");
  expect(seen).toEqual([
    ["7", null, null],
    ["7", { ask: "when" }, { when: "today" }],
    ["7", { ask: "seat" }, { seat: "12a" }],
  ]);
  expect(asked).toHaveLength(2);
});

test("a call that is denied, and one that somebody answers in the tool's place, are not carried out", async () => {
  const { model } = stub([
    [call("c1", "refund", { order: "7" }), call("c2", "refund", { order: "8" })],
    ({ prompt }) => [text(JSON.stringify(prompt.at(-1)?.content))],
  ]);
  const refund = tool("refund", () => Promise.reject(new Error("never")), {
    requireApproval: ({ order }: { readonly order: string }) => Number(order) > 5,
  } as never);
  const world = await createWorld({ agent: mastraAgent(made(model, { refund })) });
  const runId = await world.run("Refund both");
  const [first, second] = (await world.status(runId)).pending;
  await world.agent.deny({ threadId: t, approvalId: first?.id ?? "", reason: "too much" });
  await world.agent.answer({ threadId: t, approvalId: second?.id ?? "", value: "done by hand" });
  await world.settle();
  const told = JSON.stringify((await world.status(runId)).run.outcome);
  expect(told).toContain("too much");
  expect(told).toContain("done by hand");
});

test("a run that waits for a tool of another deploy can be finished after a fix", async () => {
  const { model } = stub([[call("c1", "refund", { order: "7" })], [text("Paid.")]]);
  const refund = tool("refund", () => "ok", { requireApproval: true });
  const first = await createWorld({ agent: mastraAgent(made(model, { refund })) });
  const runId = await first.run("Refund 7");
  const [approval] = (await first.status(runId)).pending;
  const renamed = mastraAgent(made(model, { pay: refund }));
  const second = await createWorld({ agent: renamed, store: first.store });
  await second.agent.approve({ threadId: t, approvalId: approval?.id ?? "" });
  await second.settle();
  expect((await second.status(runId)).run).toMatchObject({
    status: "suspended",
    incompatible: expect.stringContaining('"refund"') as string,
  });
  await first.agent.resume({ runId });
  await first.settle();
  expect((await first.status(runId)).run).toMatchObject({ status: "completed" });
});

test("two workers share a run, two people approve its call, and each thing is done once", async () => {
  await using store = sqliteStore({ path: ":memory:" });
  const worked = new Set<string | undefined>();
  const faults = ({ instance }: Message): undefined => void worked.add(instance);
  const server = createTestInngest({ routing: "seeded", seed: 3, faults });
  const { model, asked } = stub([
    [call("c1", "lookup", { order: "7" })],
    [call("c2", "refund", { order: "7" })],
    [text("Paid.")],
  ]);
  const effects: string[] = [];
  const work =
    (name: string) =>
    ({ order }: { readonly order: string }): number =>
      effects.push(`${name} ${order}`);
  const worker = async (instance: string): Promise<InngestAgent> => {
    const inngest = server.client({ id: "app", checkpointing: false });
    const tools = {
      lookup: tool("lookup", work("lookup")),
      refund: tool("refund", work("refund"), { requireApproval: true }),
    };
    const agent = createInngestAgent({ inngest, agent: mastraAgent(made(model, tools)), store });
    await server.register({ client: inngest, functions: agent.functions, instance });
    return agent;
  };
  const [one, other] = [await worker("one"), await worker("other")];
  const { runId } = await one.start({ threadId: "t", prompt: "Refund order 7" });
  await server.settle({ advance: true });
  const target = { threadId: "t", runId, callId: "c2" };
  const decided = await Promise.all([
    one.approve({ ...target, by: "dana" }),
    other.approve({ ...target, by: "eve" }),
  ]);
  await server.settle({ advance: true });
  expect(decided.filter(({ counted }) => counted)).toHaveLength(1);
  expect((await other.status({ runId }))?.run.outcome).toMatchObject({
    output: { response: "Paid.", iterations: 3 },
  });
  expect([asked.length, effects]).toEqual([3, ["lookup 7", "refund 7"]]);
  expect(await store.history.count("t")).toBe(6);
  expect(worked).toEqual(new Set(["one", "other"]));
});

test("a tool whose name Mastra tells the model in another way is approved by that, and its changed input is checked", async () => {
  for (const [name, toldAs] of [
    ["refund.order", "refund_order"],
    ["7 refunds", "_7_refunds"],
    ["r".repeat(70), "r".repeat(63)],
  ] as const) {
    const { model } = stub([[call("c1", toldAs, { order: "7" })], [text("Paid.")]]);
    const paid: string[] = [];
    const refund = tool(name, ({ order }) => paid.push(order), { requireApproval: true });
    const world = await createWorld({ agent: mastraAgent(made(model, { [name]: refund })) });
    const runId = await world.run("Refund order 7");
    const { pending } = await world.status(runId);
    expect(pending.map((one) => one.tool)).toEqual([toldAs]);
    const target = { threadId: t, approvalId: pending[0]?.id ?? "", by: "dana" };
    await expect(world.agent.approve({ ...target, input: { amount: 1 } })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    await world.agent.approve({ ...target, input: { order: "8" } });
    await world.settle();
    expect((await world.status(runId)).run.status).toBe("completed");
    expect(paid).toEqual(["8"]);
  }
});
