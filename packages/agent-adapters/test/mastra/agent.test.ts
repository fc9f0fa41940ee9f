import { expect, test } from "vitest";
import { z } from "zod";
import { currentCall, mastraAgent } from "../../src/mastra/index.ts";
import { createWorld } from "../world.ts";
import { made, tool } from "./made.ts";
import { call, stub, text } from "./stub.ts";

const t = "t";

test("each model call and each tool call is a step, and is done once", async () => {
  const { model, asked } = stub([
    [text("Let me see."), call("c1", "lookup", { order: "7" })],
    [text("It is on its way.")],
  ]);
  const seen: unknown[] = [];
  const lookup = tool("lookup", (input, { requestContext }) => {
    seen.push(input, currentCall()?.callId, requestContext?.get("who"));
    return { status: "sent" };
  });
  const world = await createWorld({
    agent: mastraAgent(made(model, { lookup })),
    options: { requestContext: () => ({ who: "dana" }) },
  });
  const runId = await world.run("Where is order 7?");
  const { run } = await world.status(runId);
  expect(run.outcome).toEqual({
    status: "completed",
    output: {
      response: "It is on its way.",
      iterations: 2,
      status: "completed",
      stats: {
        totalToolCalls: 1,
        totalMessages: 2,
        totalReasoningSteps: 0,
        totalItems: 4,
        agentsInvolved: ["support"],
        agentCount: 1,
        startingAgent: "support",
        finalAgent: "support",
        inputTokens: 200,
        outputTokens: 20,
        totalTokens: 220,
        totalCostUsd: null,
        model: "stub-1",
      },
    },
  });
  expect(asked).toHaveLength(2);
  expect(seen).toEqual([{ order: "7" }, "c1", "dana"]);
  expect(await world.history()).toEqual([
    { role: "user", content: "Where is order 7?" },
    {
      role: "assistant",
      content: "Let me see.",
      toolCalls: [{ id: "c1", name: "lookup", input: { order: "7" } }],
    },
    { role: "tool", toolCallId: "c1", toolName: "lookup", content: { status: "sent" } },
    { role: "assistant", content: "It is on its way." },
  ]);
});

test("calls of one id in several runs of a thread stay apart for the model", async () => {
  let before = 0;
  const script = [[call("c1", "pay", { order: "7" })], [text("Paid.")]];
  const { model, asked } = stub(script, { before: () => before });
  const pay = tool("pay", ({ order }) => `paid ${order}`);
  const world = await createWorld({ agent: mastraAgent(made(model, { pay })) });
  await world.run("Pay");
  before = 2;
  await world.run("Again");
  const told = JSON.stringify(asked.at(-1)?.prompt);
  const ids = new Set([...told.matchAll(/"toolCallId":"([^"]+)"/g)].map(([, id]) => id));
  expect([...ids]).toEqual(["c1", "c1#2"]);
  expect(await world.history()).toHaveLength(8);
});

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

test("a tool is tried again before the model hears of its failure", async () => {
  const { model, asked } = stub([
    [call("c1", "flaky", { order: "7" }), call("c2", "broken", { order: "7" })],
    ({ prompt }) => [text(JSON.stringify(prompt.at(-1)?.content))],
  ]);
  const tries = { flaky: 0, broken: 0, final: 0 };
  const flaky = tool("flaky", () => {
    tries.flaky += 1;
    if (tries.flaky < 3) throw new Error("not yet");
    return "at last";
  });
  const broken = tool("broken", () => {
    tries.broken += 1;
    throw Object.assign(new Error("out of order"), { name: "NonRetriableError" });
  });
  const world = await createWorld({ agent: mastraAgent(made(model, { flaky, broken })) });
  const runId = await world.run("Go");
  const told = JSON.stringify((await world.status(runId)).run.outcome);
  expect(told).toContain("at last");
  expect(told).toContain("out of order");
  expect([tries.flaky, tries.broken, asked.length]).toEqual([3, 1, 2]);
});

test("what a run's caller asks reaches Mastra: instructions, tools, limits, tools of the caller's", async () => {
  const { model, asked } = stub([
    [call("c1", "look", { order: "7" }), call("c2", "screen", {})],
    [text("never")],
  ]);
  const look = tool("look", () => "seen");
  const agent = mastraAgent(made(model, { look, other: look }), { options: { maxSteps: 3 } });
  const world = await createWorld({ agent });
  const { runId } = await world.agent.start({
    threadId: t,
    prompt: "Go",
    instructions: "Be brief.",
    modelSettings: { temperature: 0.5 },
    tools: ["look"],
    clientTools: { screen: { description: "Shows it.", parameters: { type: "object" } } },
    toolChoice: "required",
    requireToolApproval: true,
    maxSteps: 1,
  });
  await world.settle();
  expect(asked[0]).toMatchObject({
    prompt: [{ role: "system", content: "Be brief." }, { role: "user" }],
    temperature: 0.5,
    toolChoice: { type: "required" },
    tools: [{ name: "look" }, { name: "screen" }],
  });
  const [first, second] = (await world.status(runId)).pending;
  await world.agent.approve({ threadId: t, approvalId: first?.id ?? "" });
  await world.agent.answer({ threadId: t, approvalId: second?.id ?? "", value: "shown" });
  await world.settle();
  expect((await world.status(runId)).run.outcome).toMatchObject({
    output: { status: "maxIterations", iterations: 1, stats: { totalToolCalls: 2 } },
  });
});

test("an output of a shape is the response, and a processor may stop a run", async () => {
  const { model } = stub([[text('{"n":3}')]]);
  const structuredOutput = { schema: z.object({ n: z.number() }) };
  const shaped = mastraAgent(made(model, {}), { options: { structuredOutput } as never });
  const world = await createWorld({ agent: shaped });
  const runId = await world.run("Count");
  expect((await world.status(runId)).run.outcome).toMatchObject({ output: { response: { n: 3 } } });
  const guard = {
    id: "guard",
    processInput: ({ abort }: { readonly abort: (reason: string) => never }) => abort("not here"),
  };
  const guarded = mastraAgent(made(model, {}, { inputProcessors: [guard] as never }));
  const other = await createWorld({ agent: guarded });
  const stopped = await other.run("Count");
  expect((await other.status(stopped)).run.outcome).toMatchObject({
    output: { tripwire: "not here", iterations: 0 },
  });
});

test("what the model and the tools say is heard while they say it, once, also by one who comes later", async () => {
  let failed = false;
  const { model, asked } = stub(
    [[text("Let me see."), call("c1", "look", { order: "7" })], [text("Found it.")]],
    {
      fail(times) {
        if (times !== 2 || failed) return;
        failed = true;
        throw new Error("The provider is busy.");
      },
    },
  );
  const look = tool("look", () => {
    currentCall()?.stream("half ");
    currentCall()?.stream("done");
    return "half done";
  });
  const world = await createWorld({ agent: mastraAgent(made(model, { look })) });
  const { runId, output } = await world.agent.stream("Look", { threadId: t });
  await world.settle();
  expect(await output.text).toBe("Found it.");
  expect(asked).toHaveLength(3);
  const { fullStream } = await world.agent.observe(runId);
  const seen: string[] = [];
  for await (const { event, data } of fullStream)
    seen.push("delta" in data ? `${event} ${data.partId} ${data.delta}` : event);
  expect(seen).toEqual([
    "run.started",
    "part.created",
    "text.delta 1:text Let me see.",
    "part.created",
    'tool_call.arguments.delta 1:call:c1 {"order":"7"}',
    "part.completed",
    "part.completed",
    "step.completed",
    "part.created",
    "tool_call.output.delta 1:output:c1 half done",
    "part.completed",
    "step.completed",
    "part.created",
    "text.delta 2:text Found it.",
    "part.completed",
    "step.completed",
    "run.completed",
    "stream.ended",
  ]);
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

test.each([
  ["onFinish", { options: { onFinish: () => undefined } }],
  ["memory", { options: { memory: { thread: "t", resource: "r" } } }],
  ["isTaskComplete", { options: { isTaskComplete: {} } }],
  ["scorers", { options: { scorers: {} } }],
  ["structuredOutput.model", { options: { structuredOutput: { schema: {}, model: "m" } } }],
  ["pubsub", { pubsub: {} }],
])("refuses %s by its name", (name, options) => {
  const agent = made(stub([]).model, {});
  expect(() => mastraAgent(agent, options as never)).toThrow(
    expect.objectContaining({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(`"${name}"`) as string,
    }),
  );
});

test("an agent's own defaults that a run could not keep fail the run, by name", async () => {
  const { model, asked } = stub([[text("never")]]);
  const agent = made(model, {}, { defaultOptions: { onStepFinish: () => undefined } as never });
  const world = await createWorld({ agent: mastraAgent(agent) });
  const { run } = await world.status(await world.run("Go"));
  expect(run.outcome).toMatchObject({
    status: "failed",
    error: { message: expect.stringContaining('"onStepFinish"') as string },
  });
  expect(asked).toEqual([]);
});
