import { Output, tool } from "ai";
import { expect, test } from "vitest";
import { z } from "zod";
import { aiSdkAgent } from "../../src/ai-sdk/index.ts";
import { createWorld } from "../world.ts";
import { call, stub, text } from "./stub.ts";

const order = z.object({ order: z.string() });
const t = "t";

test("with `any` the run goes on with the first decision, and with another input that a person gave", async () => {
  const { model, asked } = stub([
    [call("c1", "refund", { order: "7" }), call("c2", "refund", { order: "8" })],
    [text("Both.")],
  ]);
  const paid: string[] = [];
  const refund = tool({
    inputSchema: order,
    needsApproval: true,
    execute: (input) => `${paid.push(input.order)}`,
  });
  const agent = aiSdkAgent({ name: "a", model, tools: { refund }, resumeWhen: "any" });
  const world = await createWorld({ agent });
  const runId = await world.run("Refund both");
  const first = await world.status(runId);
  expect(first.pending).toHaveLength(2);
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

test("a tool without execute, and one that the caller brings, wait for their answers", async () => {
  const { model, asked } = stub([
    [call("c1", "where", {}), call("c2", "screen", {})],
    ({ prompt }) => [text(JSON.stringify(prompt.at(-1)?.content))],
  ]);
  const agent = aiSdkAgent({
    name: "a",
    model,
    tools: { where: tool({ inputSchema: z.object({}) }) },
  });
  const world = await createWorld({ agent });
  const screen = { description: "Shows it.", parameters: { type: "object" } };
  const { runId } = await world.agent.start({ threadId: t, prompt: "Go", clientTools: { screen } });
  await world.settle();
  const { pending } = await world.status(runId);
  expect(pending.map(({ tool: name }) => name)).toEqual(["where", "screen"]);
  for (const { id, tool: name } of pending)
    await world.agent.answer({ threadId: t, approvalId: id, value: `${name}: here` });
  await world.settle();
  const told = JSON.stringify((await world.status(runId)).run.outcome);
  expect(told).toContain("where: here");
  expect(told).toContain("screen: here");
  expect(asked).toHaveLength(2);
});

test("a tool of the caller's that has the name of one of the agent's is refused", async () => {
  const { model, asked } = stub([]);
  const where = tool({ inputSchema: z.object({}), execute: () => "here" });
  const world = await createWorld({ agent: aiSdkAgent({ name: "a", model, tools: { where } }) });
  const clientTools = { where: { description: "Says it.", parameters: { type: "object" } } };
  await expect(world.agent.start({ threadId: t, prompt: "Go", clientTools })).rejects.toThrow(
    'clientTools: the agent "a" has a tool "where" itself',
  );
  expect(asked).toEqual([]);
});

test("a tool is tried again before the model hears of its failure", async () => {
  const { model, asked } = stub([
    [call("c1", "flaky", { order: "7" }), call("c2", "broken", { order: "7" })],
    ({ prompt }) => [text(JSON.stringify(prompt.at(-1)?.content))],
  ]);
  const tries = { flaky: 0, broken: 0 };
  const flaky = tool({
    inputSchema: order,
    execute() {
      tries.flaky += 1;
      if (tries.flaky < 3) throw new Error("not yet");
      return "at last";
    },
  });
  const broken = tool({
    inputSchema: order,
    execute(): string {
      tries.broken += 1;
      throw new Error("out of order");
    },
  });
  const world = await createWorld({
    agent: aiSdkAgent({ name: "a", model, tools: { flaky, broken } }),
  });
  const runId = await world.run("Go");
  const told = JSON.stringify((await world.status(runId)).run.outcome);
  expect(told).toContain("at last");
  expect(told).toContain("out of order");
  expect([tries, asked.length]).toEqual([{ flaky: 3, broken: 4 }, 2]);
});

test("what a run's caller asks reaches the SDK: instructions, tools, limits, approval of every call", async () => {
  const { model, asked } = stub([[call("c1", "look", { order: "7" })], [text("never")]]);
  const look = tool({ inputSchema: order, execute: () => "seen" });
  const world = await createWorld({
    agent: aiSdkAgent({ name: "a", model, tools: { look, other: look } }),
  });
  const { runId } = await world.agent.start({
    threadId: t,
    prompt: "Go",
    instructions: "Be brief.",
    modelSettings: { temperature: 0.5 },
    tools: ["look"],
    toolChoice: "required",
    requireToolApproval: true,
    maxSteps: 1,
  });
  await world.settle();
  const { pending } = await world.status(runId);
  expect(asked[0]).toMatchObject({
    prompt: [{ role: "system", content: "Be brief." }, { role: "user" }],
    temperature: 0.5,
    toolChoice: { type: "required" },
    tools: [{ name: "look" }],
  });
  await world.agent.approve({ threadId: t, approvalId: pending[0]?.id ?? "" });
  await world.settle();
  expect((await world.status(runId)).run.outcome).toMatchObject({
    output: { status: "maxIterations", iterations: 1, stats: { totalToolCalls: 1 } },
  });
});

test("an output of a shape is the response", async () => {
  const { model } = stub([[text('{"n":3}')]]);
  const output = Output.object({ schema: z.object({ n: z.number() }) });
  const world = await createWorld({ agent: aiSdkAgent({ name: "a", model, output }) });
  const runId = await world.run("Count");
  expect((await world.status(runId)).run.outcome).toMatchObject({ output: { response: { n: 3 } } });
});

test("a run that waits for a tool of another deploy can be finished after a fix", async () => {
  const script = [[call("c1", "refund", { order: "7" })], [text("Paid.")]];
  const refund = tool({ inputSchema: order, needsApproval: true, execute: () => "ok" });
  const { model } = stub(script);
  const first = await createWorld({ agent: aiSdkAgent({ name: "a", model, tools: { refund } }) });
  const runId = await first.run("Refund 7");
  const [approval] = (await first.status(runId)).pending;
  const renamed = aiSdkAgent({ name: "a", model, tools: { pay: refund } });
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

test.each([
  ["no name", { model: "m" }, "name"],
  ["no model", { name: "a" }, "model"],
  ["a callback", { name: "a", model: "m", onStepEnd: () => undefined }, "onStepEnd"],
  ["retries", { name: "a", model: "m", maxRetries: 2 }, "maxRetries"],
])("refuses settings with %s", (_, settings, named) => {
  expect(() => aiSdkAgent(settings as never)).toThrow(named);
});
