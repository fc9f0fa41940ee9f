import { IncompatibleError, type Message, type Run } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { createAgentLoop, defineTool, type StandardSchema } from "../src/index.ts";
import { testEverywhere } from "./bridge/everywhere.ts";
import { calls, createWorld, recorder, turns } from "./bridge/world.ts";

const hostile = "lone \ud83d, pair \ud83d\ude00, nul \0, \u2028, __proto__";

testEverywhere("strings that JSON cannot carry go through every part", async (where) => {
  const echo = recorder((input) => input);
  const world = await createWorld({
    ...where,
    tools: { [`echo`]: echo },
    model: turns(calls([hostile, "echo", { [hostile]: hostile }], ["b", hostile, {}]), {
      text: hostile,
    }),
  });
  const threadId = "th \0 / % 😀";
  await world.send({ threadId, prompt: "go \0 😀" }, "e1");
  expect(world.executions()[0]?.status).toBe("Completed");
  expect(world.report()).toMatchObject({
    status: "completed",
    output: { response: hostile.replace("\ud83d,", "\ufffd,") },
  });
  const history = await world.history(threadId);
  expect(history[0]).toEqual({ role: "user", content: "go \0 😀" });
  expect(history[2]).toMatchObject({ toolCallId: hostile, content: { [hostile]: hostile } });
  expect(history[3]).toMatchObject({ toolCallId: "b", toolName: hostile, isError: true });
  expect(history.at(-1)).toEqual({ role: "assistant", content: hostile });
  expect(echo.seen[0]?.input).toEqual({ [hostile]: hostile });
});

test("hostile strings survive a suspension, a denial and a failing tool", async () => {
  const refund = recorder(() => "", { requiresApproval: true });
  const fails = recorder(() => {
    throw new Error(hostile);
  });
  const world = await createWorld({
    tools: { refund, fails },
    model: turns(calls([hostile, "refund", { hostile }]), calls([hostile, "fails", {}]), {
      text: "done",
    }),
  });
  await world.send({ threadId: "t", prompt: "go" });
  await world.agent.deny({ threadId: "t", callId: hostile, reason: hostile });
  await world.server.settle({ advance: true });
  expect(world.report()).toMatchObject({ status: "completed" });
  expect((await world.history())[2]).toMatchObject({
    content: `A person denied this call: ${hostile}`,
  });
});

testEverywhere("five results of 100 KB leave less than 10 KB in the run", async (where) => {
  const big = "x".repeat(100 * 1024);
  const work = recorder(() => big);
  const world = await createWorld({
    ...where,
    tools: { work },
    model: ({ turn }) => (turn < 6 ? calls([`c${turn}`, "work", {}]) : { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "go" });
  const [run] = world.executions();
  expect(run?.steps).toHaveLength(12);
  expect(JSON.stringify(run?.steps.map(({ data }) => data)).length).toBeLessThan(10 * 1024);
  expect(run?.steps[2]?.data).toMatchObject({
    data: { value: { callId: "c1", bytes: 100 * 1024 + 2 } },
  });
  const results = (await world.history()).filter((one) => (one as Message).role === "tool");
  expect(results.map((one) => (one as Message).content)).toEqual([big, big, big, big, big]);
});

test("what a run keeps does not grow with its thread", async () => {
  const world = await createWorld({ model: ({ messages }) => ({ text: `${messages.length}` }) });
  const size = (): number => JSON.stringify(world.executions().at(-1)?.steps).length;
  await world.send({ threadId: "t", prompt: "x".repeat(200) });
  const first = size();
  for (let count = 0; count < 30; count += 1)
    await world.send({ threadId: "t", prompt: "x".repeat(200) });
  expect(world.report()).toMatchObject({ output: { response: "61" } });
  expect(size() - first).toBeLessThan(20);
});

test("a large prompt and a large answer stay in the store", async () => {
  const big = "y".repeat(300 * 1024);
  const world = await createWorld({ model: () => ({ text: big }) });
  await world.send({ threadId: "t", prompt: big }, "e1");
  expect(world.report()).toMatchObject({
    status: "completed",
    output: { response: { truncated: true, bytes: 300 * 1024 + 2 } },
  });
  expect(JSON.stringify(world.executions()[0]?.steps).length).toBeLessThan(4096);
  expect((await world.agent.status({ runId: "run-e1" }))?.run.outcome).toMatchObject({
    output: { response: big },
  });
});

test("a result that cannot be kept is said to be so, and the call is not repeated", async () => {
  const work = recorder(() => ({ f: () => 1 }));
  const world = await createWorld({
    tools: { work },
    model: turns(calls(["a", "work", {}]), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "go" });
  expect(work.seen).toHaveLength(1);
  expect((await world.history())[2]).toMatchObject({
    isError: true,
    content: expect.stringMatching(/^The call was done, but its result cannot be kept/),
  });
});

test("values that JSON loses reach the model as they are", async () => {
  const value = { at: new Date(0), n: 10n, none: undefined, bytes: new Uint8Array([1]) };
  const world = await createWorld({
    tools: { work: recorder(() => value), nothing: recorder(() => undefined) },
    model: turns(calls(["a", "work", {}], ["b", "nothing", {}]), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "go" });
  const contents = world.asked[1]?.messages.slice(2).map(({ content }) => content);
  expect(contents).toEqual([value, null]);
});

const positive: StandardSchema<unknown, { readonly n: number }> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => {
      const { n } = value as { readonly n?: unknown };
      if (typeof n === "number" && n > 0) return { value: { n: n * 2 } };
      return { issues: [{ message: "must be positive", path: ["n"] }] };
    },
    jsonSchema: { input: () => ({ type: "object", properties: { n: { type: "number" } } }) },
  },
};

test("a Standard Schema checks the input, shapes it, and is shown to the model", async () => {
  const work = recorder(() => "ok", { parameters: positive });
  const world = await createWorld({
    tools: { work },
    model: turns(calls(["a", "work", { n: -1 }], ["b", "work", { n: 2 }]), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "go" });
  expect(work.seen.map(({ input }) => input)).toEqual([{ n: 4 }]);
  expect((await world.history())[2]).toMatchObject({
    content: "The input is not valid: n: must be positive.",
    isError: true,
  });
  expect(world.asked[0]?.tools).toEqual([
    {
      name: "work",
      description: "Does it.",
      parameters: { type: "object", properties: { n: { type: "number" } } },
    },
  ]);
});

test("a defined tool's input has the type of its schema", async () => {
  const seen: number[] = [];
  const work = defineTool({
    description: "Doubles.",
    parameters: positive,
    requiresApproval: ({ n }) => n > 100,
    execute: ({ n }) => seen.push(n),
  });
  const world = await createWorld({
    tools: { work },
    model: turns(calls(["a", "work", { n: 3 }]), calls(["b", "work", { n: 99 }])),
  });
  await world.send({ threadId: "t", prompt: "go" });
  expect(seen).toEqual([6]);
  expect(world.report()).toMatchObject({ status: "suspended", approvals: [{ callId: "b" }] });
});

test("at its limit the loop ends without running what nobody would read", async () => {
  const work = recorder();
  const world = await createWorld({
    tools: { work },
    loop: { maxIterations: 2 },
    model: ({ turn }) => calls([`c${turn}`, "work", {}]),
  });
  await world.send({ threadId: "t", prompt: "go" });
  expect(work.seen).toHaveLength(1);
  expect(world.report()).toMatchObject({
    status: "completed",
    output: { response: "", iterations: 2, status: "maxIterations" },
  });
  expect((await world.history()).at(-1)).toMatchObject({ role: "tool", isError: true });
});

test.each([
  [{ prompt: "no thread" }, /threadId is missing/],
  [{ threadId: "", prompt: "x" }, /threadId is missing/],
  [{ threadId: "t", prompt: 1 }, /prompt must be a string/],
  [{ threadId: "t", messages: [] }, /messages must be a list/],
  [{ threadId: "t", runId: "" }, /runId must be/],
  [{ threadId: "t", budget: { maxUsdPerRun: 1 } }, /budget/],
])("refuses the run event %j before anything is written", async (data, message) => {
  for (const runEvent of ["ziro/agent.run.requested", "my/run"]) {
    const world = await createWorld({ agent: { runEvent } });
    await world.server.send({ name: runEvent, data: { ...data } });
    await world.server.settle({ advance: true });
    expect(world.executions()[0]).toMatchObject({ status: "Failed", requests: 1 });
    expect(world.executions()[0]?.error?.message).toMatch(message);
    expect(await world.store.threads.get("t")).toBe(undefined);
  }
});

test("refuses a start, a resume and a silence that are not whole", async () => {
  const world = await createWorld();
  await expect(world.agent.start({ threadId: "" })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  await expect(world.agent.resume({ runId: "none" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(createWorld({ agent: { silenceMs: 1 } })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});

test("a message keeps what an event cannot carry, and an id that it cannot carry is refused", async () => {
  const world = await createWorld();
  await world.agent.start({ threadId: "t", prompt: hostile });
  await world.server.settle({ advance: true });
  expect((await world.history())[0]).toEqual({ role: "user", content: hostile });
  await expect(world.agent.start({ threadId: hostile })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});

test("a checkpoint of a newer version, or of something else, is incompatible", async () => {
  const loop = createAgentLoop({ name: "support", model: async () => ({ text: "" }) });
  const { store, ...world } = await createWorld();
  await world.send({ threadId: "t", runId: "run" });
  const run = (await store.runs.get("run")) as Run;
  for (const state of [{ version: 2 }, { version: 1 }, null, "text"])
    await expect(loop.check?.(state, { store, run })).rejects.toThrow(IncompatibleError);
});

test("a conversation that comes along is kept where the thread has none", async () => {
  const world = await createWorld();
  const messages = [
    { role: "user", content: "a" },
    { role: "assistant", content: "b" },
    { role: "user", content: "c" },
  ];
  await world.send({ threadId: "t", messages });
  expect(await world.history()).toEqual([...messages, { role: "assistant", content: "hello" }]);
  await world.send({ threadId: "t", messages });
  expect(await world.history()).toHaveLength(6);
});

test("a scope comes from code, and one tenant's thread is not another's", async () => {
  const world = await createWorld({
    agent: { scope: (event) => ({ tenant: String(event.data["org"]) }) },
    model: ({ messages }) => ({ text: `${messages.length}` }),
  });
  await world.send({ threadId: "t", prompt: "x", org: "a", scope: { tenant: "b" } });
  await world.send({ threadId: "t", prompt: "x", org: "b" });
  expect(world.report()).toMatchObject({ output: { response: "1" } });
  expect(await world.store.history.count("t")).toBe(0);
  expect(await world.store.for({ tenant: "a" }).history.count("t")).toBe(2);
});

test("two tenants' runs of the same names wake and pay each for itself", async () => {
  const pay = recorder();
  const world = await createWorld({
    tools: { pay },
    agent: { scope: (event) => ({ tenant: String(event.data["org"]) }) },
    model: turns(calls(["p", "pay", {}]), { text: "paid" }),
  });
  const tenants = ["a", "b"];
  for (const tenant of tenants)
    for (const runId of ["1", "2"])
      await world.agent.start({
        threadId: "t",
        runId,
        prompt: "pay",
        scope: { tenant },
        data: { org: tenant },
      });
  await world.server.settle({ advance: true });
  for (const tenant of tenants)
    expect(await world.store.for({ tenant }).history.count("t")).toBe(8);
  expect(new Set(pay.seen.map(({ key }) => key)).size).toBe(4);
  const wakes = world.server.events().filter(({ id }) => id.startsWith("perdure:wake:"));
  expect(new Set(wakes.map(({ id }) => id)).size).toBe(2);
});
