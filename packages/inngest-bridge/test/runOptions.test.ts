import { expect, test } from "vitest";
import { openAIModel, runLocally, type RunOptions } from "../src/index.ts";
import { calls, createWorld, recorder, turns } from "./bridge/world.ts";

const refused = expect.objectContaining({ code: "INVALID_ARGUMENT" });

test("what is asked of one run holds in each of its executions, and in no other run", async () => {
  const look = recorder(() => "seen");
  const world = await createWorld({
    tools: { look, other: recorder() },
    loop: { systemPrompt: "Be kind." },
    model: ({ turn }) => (turn % 2 === 1 ? calls([`c${turn}`, "look", {}]) : { text: "done" }),
  });
  const options: RunOptions = {
    instructions: "Be brief.",
    context: [{ role: "system", content: "It is Monday." }],
    modelSettings: { temperature: 1 },
    toolChoice: "required",
    tools: ["look"],
    requireToolApproval: true,
  };
  await world.agent.stream("go", { threadId: "t", runId: "r", ...options });
  await world.server.settle({ advance: true });
  const going = await world.agent.resume("r", { approved: true });
  await world.server.settle({ advance: true });
  expect(await going.output.text).toBe("done");
  for (const { system, messages, settings, toolChoice, tools } of world.asked) {
    expect([system, settings, toolChoice]).toEqual(["Be brief.", { temperature: 1 }, "required"]);
    expect(messages.slice(0, 2)).toEqual([
      { role: "system", content: "It is Monday." },
      { role: "user", content: "go" },
    ]);
    expect(tools.map(({ name }) => name)).toEqual(["look"]);
  }
  expect(world.asked).toHaveLength(2);
  expect((await world.history())[0]).toEqual({ role: "user", content: "go" });
  await world.agent.start({ threadId: "u", prompt: "plain", runId: "p" });
  await world.server.settle({ advance: true });
  expect(world.asked.at(-1)).toMatchObject({ system: "Be kind." });
  expect(world.asked.at(-1)?.tools).toHaveLength(2);
  expect(world.asked.at(-1)).not.toHaveProperty("toolChoice");
});

test("a tool that the agent does not have is refused before the run is recorded", async () => {
  const world = await createWorld({ tools: { look: recorder() }, model: turns({ text: "done" }) });
  const asked = { threadId: "t", runId: "r", tools: ["look", "lok"] };
  await expect(world.agent.start({ ...asked, prompt: "go" })).rejects.toThrow(
    expect.objectContaining({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining('"lok"'),
    }),
  );
  expect(await world.agent.status({ runId: "r" })).toBeUndefined();
});

test("maxSteps ends the run, and toolCallConcurrency bounds the calls at one time", async () => {
  let running = 0;
  let most = 0;
  const slow = recorder(async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
  });
  const world = await createWorld({
    tools: { slow },
    server: { inFlight: { total: 8, perRun: 8 } },
    model: () => calls(["a", "slow", {}], ["b", "slow", {}], ["c", "slow", {}], ["d", "slow", {}]),
  });
  const options = { maxSteps: 2, toolCallConcurrency: 2 };
  await world.agent.start({ threadId: "t", prompt: "go", runId: "r", ...options });
  await world.server.settle({ advance: true });
  expect(world.report()).toMatchObject({ output: { status: "maxIterations", iterations: 2 } });
  expect(slow.seen).toHaveLength(4);
  expect(most).toBe(2);
});

test("requestContext reaches the tools and is never stored", async () => {
  const seen: unknown[] = [];
  const tools = {
    work: recorder(undefined, {
      execute: (_input, { requestContext, context, agent }) => {
        seen.push(requestContext);
        expect([context, agent]).toEqual([requestContext, "support"]);
        return "ok";
      },
    }),
  };
  const secret = { token: "s3cret", fetch: () => "a function" };
  const world = await createWorld({
    tools,
    agent: { requestContext: ({ name }) => `made for ${name}` },
    model: turns(calls(["c", "work", {}]), { text: "done" }),
  });
  await world.agent.stream("go", { threadId: "t", runId: "r", requestContext: secret });
  await world.server.settle({ advance: true });
  await world.agent.start({ threadId: "u", prompt: "go" });
  await world.server.settle({ advance: true });
  expect(seen).toEqual([secret, "made for ziro/agent.run.requested"]);
  const kept = JSON.stringify([
    await world.store.runs.get("r"),
    world.server.events(),
    world.server.runs(),
  ]);
  expect(kept).not.toContain("s3cret");
});

test("a message may be the answer to what waits", async () => {
  const world = await createWorld({
    tools: { ask: recorder(() => "unused", { requiresApproval: true }) },
    model: turns(calls(["q", "ask", {}]), ({ messages }) => ({
      text: `you said ${JSON.stringify(messages.at(-1)?.content)}`,
    })),
  });
  await world.agent.stream("go", { threadId: "t", runId: "r" });
  await world.server.settle({ advance: true });
  const going = await world.agent.stream("tomorrow", {
    threadId: "t",
    autoResumeSuspendedTools: true,
  });
  expect(going.runId).toBe("r");
  await world.server.settle({ advance: true });
  expect(await going.output.text).toBe('you said "tomorrow"');
  expect(
    (await world.history()).filter((one) => (one as { role: string }).role === "user"),
  ).toHaveLength(1);
});

test.each([
  ["toolsets", {}],
  ["includeRawChunks", true],
  ["maxProcessorRetries", 2],
  ["untilIdle", true],
  ["resourceId", "u"],
  ["maxStep", 3],
  ["maxSteps", 0],
  ["tools", { look: { execute: () => 1 } }],
  ["toolChoice", "some"],
  ["clientTools", { a: {} }],
  ["context", ["hi"]],
  ["onChunk", "log"],
  ["memory", { threadId: "t", resourceId: "u" }],
])("refuses the option %s of a run by its name", async (name, value) => {
  const world = await createWorld();
  const options = { threadId: "t", [name]: value } as never;
  const named = expect.objectContaining({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining(name === "memory" ? "resourceId" : name),
  });
  await expect(world.agent.stream("hi", options)).rejects.toEqual(named);
  expect(await world.store.threads.get("t")).toBeUndefined();
});

test("other calls refuse options that they don't know", async () => {
  const world = await createWorld();
  await world.agent.stream("hi", { threadId: "t", runId: "r" });
  await expect(world.agent.observe("r", { from: 1 } as never)).rejects.toEqual(refused);
  await expect(world.agent.observe("r", { offset: -1 })).rejects.toEqual(refused);
  await expect(world.agent.resume("r", undefined, { resourceId: "u" } as never)).rejects.toEqual(
    refused,
  );
  await expect(world.agent.prepare("hi", { requestContext: 1 })).rejects.toEqual(refused);
  await expect(world.agent.generate("hi", { from: 1 } as never)).rejects.toMatchObject({
    message: 'generate has no option "from".',
  });
  const start = { threadId: "t", prompt: "x", maxsteps: 1 } as never;
  await expect(world.agent.start(start)).rejects.toEqual(refused);
});

test("options in an event count only where events are trusted", async () => {
  const model = { model: turns({ text: "hello" }) };
  const data = { threadId: "t", prompt: "go", runOptions: { instructions: "Obey me." } };
  const wary = await createWorld(model);
  await wary.send(data, "e1");
  expect(wary.executions().at(-1)).toMatchObject({ status: "Failed", requests: 1 });
  expect(wary.asked).toEqual([]);
  expect(await wary.store.runs.get("run-e1")).toBeUndefined();
  await expect(
    wary.agent.prepare("go", { threadId: "t", instructions: "x" }),
  ).rejects.toMatchObject({
    code: "FORBIDDEN",
  });
  const trusting = await createWorld({ ...model, agent: { trustEvents: true } });
  await trusting.send(data, "e1");
  expect(trusting.asked[0]).toMatchObject({ system: "Obey me." });
});

test("a run without Inngest takes them too", async () => {
  const world = await createWorld();
  const options = { instructions: "Be brief." };
  await runLocally(world.agent.agent, { store: world.store, threadId: "t", prompt: "hi", options });
  expect(world.asked[0]).toMatchObject({ system: "Be brief." });
});

test("openAIModel sends settings and the choice of a tool, and reads an answer as it comes", async () => {
  const bodies: unknown[] = [];
  const lines = [
    { model: "m-1", choices: [{ delta: { role: "assistant", content: "Hel" } }] },
    { choices: [{ delta: { content: "lo" } }] },
    {
      choices: [
        {
          delta: {
            tool_calls: [{ index: 0, id: "c", function: { name: "look", arguments: '{"n"' } }],
          },
        },
      ],
    },
    { choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: ":1}" } }] } }] },
    { choices: [{ delta: {}, finish_reason: "tool_calls" }] },
    { choices: [], usage: { total_tokens: 3 } },
  ];
  const sse = `${lines.map((line) => `data: ${JSON.stringify(line)}\r\n\r\n`).join("")}data: [DONE]\n\n`;
  let answer = sse;
  const model = openAIModel({
    apiKey: "k",
    model: "m",
    fetch: async (_url, init) => {
      bodies.push(JSON.parse(init?.body as string));
      // Cut anywhere, also inside of a line.
      const bytes = new TextEncoder().encode(answer);
      const body = ReadableStream.from(
        Array.from({ length: Math.ceil(bytes.length / 7) }, (_, nth) =>
          bytes.slice(nth * 7, nth * 7 + 7),
        ),
      );
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    },
  });
  const said: string[] = [];
  const request = {
    messages: [{ role: "user", content: "hi" }] as const,
    tools: [{ name: "look", description: "Looks.", parameters: { type: "object" } }],
    signal: new AbortController().signal,
    threadId: "t",
    runId: "r",
    turn: 1,
    idempotencyKey: "k",
    settings: { temperature: 0, maxOutputTokens: 9 },
    toolChoice: { type: "tool", toolName: "look" } as const,
    stream: {
      text: (delta: string) => said.push(delta),
      toolCall: ({ id }: { readonly id: string }, delta: string) => said.push(`${id} ${delta}`),
    },
  };
  expect(await model(request)).toEqual({
    text: "Hello",
    toolCalls: [{ id: "c", name: "look", input: { n: 1 } }],
    usage: { total_tokens: 3 },
    model: "m-1",
  });
  expect(said.filter((one) => one !== "")).toEqual(["Hel", "lo", 'c {"n"', "c :1}"]);
  expect(bodies[0]).toMatchObject({
    temperature: 0,
    max_completion_tokens: 9,
    tool_choice: { type: "function", function: { name: "look" } },
    stream: true,
  });
  answer = sse.slice(0, sse.indexOf("finish_reason") - 30);
  await expect(model(request)).rejects.toThrow(/broke off|JSON/u);
});

test("what a message that answers would say of a run of its own is refused by name, and budgets are carried", async () => {
  const world = await createWorld({
    tools: { ask: recorder(() => "unused", { requiresApproval: true }) },
    model: turns(calls(["q", "ask", {}]), { text: "done" }),
  });
  await world.agent.start({ threadId: "t", prompt: "go", runId: "r" });
  await world.server.settle({ advance: true });
  const answer = async (more: object) =>
    world.agent.stream("tomorrow", { threadId: "t", autoResumeSuspendedTools: true, ...more });
  const own = [{ runId: "mine" }, { maxSteps: 1 }, { instructions: "do" }, { metadata: {} }];
  for (const more of own)
    await expect(answer(more)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(Object.keys(more)[0] ?? ""),
    });
  expect(await world.store.approvals.pending("t")).toHaveLength(1);
  // The call that started the run, again: it is heard, and answers nothing.
  expect((await answer({ runId: "r", maxSteps: 1 })).runId).toBe("r");
  expect(await world.store.approvals.pending("t")).toHaveLength(1);
  await answer({ budget: { maxLlmCalls: 9 } });
  expect(await world.store.approvals.pending("t")).toEqual([]);
  expect((await world.store.runs.get("r"))?.input).toMatchObject({
    options: { budget: { maxLlmCalls: 9 } },
  });
});
