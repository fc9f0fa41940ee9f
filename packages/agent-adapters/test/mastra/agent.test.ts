import { expect, test } from "vitest";
import { z } from "zod";
import { currentCall, mastraAgent } from "../../src/mastra/index.ts";
import { LOOKED_UP, lookedUp } from "../expected.ts";
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
  expect(run.outcome).toEqual(lookedUp("stub-1"));
  expect(asked).toHaveLength(2);
  expect(seen).toEqual([{ order: "7" }, "c1", "dana"]);
  expect(await world.history()).toEqual(LOOKED_UP);
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

test("a tool of the caller's that has the name of one of the agent's fails the run", async () => {
  const { model, asked } = stub([]);
  const world = await createWorld({
    agent: mastraAgent(made(model, { look: tool("look", () => "seen") })),
  });
  const clientTools = { look: { description: "Looks.", parameters: { type: "object" } } };
  const { runId } = await world.agent.start({ threadId: t, prompt: "Go", clientTools });
  await world.settle();
  expect((await world.status(runId)).run.outcome).toMatchObject({
    status: "failed",
    error: { message: expect.stringContaining('has a tool "look" itself') as string },
  });
  expect(asked).toEqual([]);
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

test("a run is held to its budgets, also where Mastra's loop would go on", async () => {
  const { model, asked } = stub([[call("c1", "look", { order: "7" })], [text("never")]]);
  const world = await createWorld({
    agent: mastraAgent(made(model, { look: tool("look", () => "seen") })),
  });
  const budget = { maxTokens: 100, onExceed: "truncate" } as const;
  const { runId } = await world.agent.start({ threadId: t, prompt: "Go", budget });
  await world.settle();
  expect((await world.status(runId)).run.outcome).toMatchObject({
    output: { status: "budgetExceeded", iterations: 1 },
  });
  expect(asked).toHaveLength(1);
});

test("an output of a shape is the response, and a processor may stop a run", async () => {
  const { model } = stub([[text('{"n":3}')]]);
  const structuredOutput = { schema: z.object({ n: z.number() }) };
  const shaped = mastraAgent(made(model, {}), { options: { structuredOutput } });
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
