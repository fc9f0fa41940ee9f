import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { NonRetriableError } from "inngest";
import { expect, test } from "vitest";
import {
  type AgentTool,
  createAgentLoop,
  createInngestAgent,
  currentStep,
  inngestTool,
  runLocally,
} from "../src/index.ts";
import { type App, createTestInngest, type Fault, faultAt } from "../src/testing/index.ts";
import { testEverywhere } from "./bridge/everywhere.ts";
import { calls, createWorld, turns, type World } from "./bridge/world.ts";

const parameters = { type: "object" };

/** A tool of three steps and a sleep, which says what it did. */
function crawler(log: string[] = []): AgentTool {
  return {
    description: "Crawls.",
    parameters,
    durable: "self",
    async execute({ site }: { readonly site: string }, { step, idempotencyKey }) {
      if (!step) throw new Error("no step");
      const pages = await Promise.all(
        [1, 2].map(async (page) =>
          step.run(`page-${page}`, async () => {
            log.push(`${site}-${page} ${currentStep()?.attempt}`);
            return { page, at: new Date(page), big: 10n };
          }),
        ),
      );
      await step.sleep("rest", 60 * 60 * 1000);
      await step.sendEvent("tell", { name: "crawled", data: { site } });
      return { site, pages, key: idempotencyKey };
    },
  };
}

testEverywhere("a tool makes its own steps, each call in a space of its own", async (where) => {
  const log: string[] = [];
  const world = await createWorld({
    ...where,
    tools: { crawl: crawler(log) },
    model: turns(calls(["a", "crawl", { site: "x" }], ["b", "crawl", { site: "y" }]), {
      text: "ok",
    }),
  });
  await world.send({ threadId: "t", prompt: "go" }, "e1");
  expect(world.report()).toMatchObject({ status: "completed", output: { response: "ok" } });
  expect(log.toSorted()).toEqual(["x-1 0", "x-2 0", "y-1 0", "y-2 0"]);
  const [, , a, b] = await world.history();
  const pages = [1, 2].map((page) => ({ page, at: new Date(page), big: 10n }));
  const key = expect.stringMatching(/^[0-9a-f]{40}$/);
  expect(a).toEqual({
    role: "tool",
    toolCallId: "a",
    toolName: "crawl",
    content: { site: "x", pages, key },
  });
  expect(b).toMatchObject({ toolCallId: "b", content: { site: "y", pages } });
  expect(world.server.events().filter(({ name }) => name === "crawled")).toHaveLength(2);
  expect(world.executions()).toHaveLength(1);
});

test.each([true, false])(
  "its steps are not repeated once they are kept, whatever is lost, doubled or killed (checkpointing %s)",
  async (checkpointing) => {
    const run = async (faults?: { readonly index: number; readonly fault: Fault }) => {
      const log: string[] = [];
      const store = createStore({ backend: memoryBackend() });
      const server = createTestInngest({
        retryDelay: () => 15_000,
        ...(faults ? { faults: faultAt(faults.index, faults.fault) } : {}),
      });
      const create = (): App => {
        const inngest = server.client({ id: "app", checkpointing });
        const agent = createAgentLoop({
          name: "support",
          tools: { crawl: crawler(log) },
          model: turns(calls(["a", "crawl", { site: "x" }]), { text: "ok" }),
        });
        return {
          client: inngest,
          functions: createInngestAgent({ inngest, agent, store }).functions,
        };
      };
      await server.register({ create });
      await server.send({
        name: "ziro/agent.run.requested",
        data: { threadId: "t", prompt: "go" },
      });
      await server.settle({ advance: true });
      const history = (await store.history.read("t")).map(({ value }) => value);
      const told = server.events().filter(({ name }) => name === "crawled");
      return { requests: server.requests.length, log, history, told };
    };
    const plain = await run();
    expect(plain.history).toHaveLength(4);
    for (let index = 0; index < plain.requests; index += 1)
      for (const fault of ["lose-response", "double", "stop-before", "stop-during"] as const) {
        const { history, told, log } = await run({ index, fault });
        expect([fault, index, history.length]).toEqual([fault, index, 4]);
        expect(new Set(told.map(({ id }) => id)).size).toBe(1);
        expect(log.length).toBeLessThanOrEqual(4);
      }
  },
  120_000,
);

test.each([
  ["throws in a step, after its attempts", true, 2],
  ["throws in a step what is not retried", false, 1],
])("what it %s is its result, as an error", async (_what, isRetried, attempts) => {
  let tried = 0;
  const failing: AgentTool = {
    description: "Fails.",
    parameters,
    durable: "self",
    execute: async (_input, { step }) =>
      step?.run("try", () => {
        tried += 1;
        throw isRetried ? new Error("no luck") : new NonRetriableError("no luck");
      }),
  };
  const world = await createWorld({
    tools: { failing },
    agent: { functionOptions: { retries: 1 } },
    model: turns(calls(["a", "failing", {}]), { text: "ok" }),
  });
  await world.send({ threadId: "t", prompt: "go" });
  expect(tried).toBe(attempts);
  const [, , told] = await world.history();
  expect(told).toMatchObject({ isError: true, content: expect.stringMatching(/no luck/) });
  expect(world.report()).toMatchObject({ status: "completed" });
});

test("what it throws outside of its steps is its result too", async () => {
  const failing: AgentTool = {
    description: "Fails.",
    parameters,
    durable: "self",
    execute: async () => {
      throw new RangeError("too far");
    },
  };
  const world = await createWorld({
    tools: { failing },
    model: turns(calls(["a", "failing", {}]), { text: "ok" }),
  });
  await world.send({ threadId: "t", prompt: "go" });
  const [, , told] = await world.history();
  expect(told).toMatchObject({ isError: true, content: "RangeError: too far" });
});

test("a person is asked first, and may give another input", async () => {
  const world = await createWorld({
    tools: { crawl: { ...crawler(), requiresApproval: true } },
    model: turns(calls(["a", "crawl", { site: "x" }], ["b", "crawl", { site: "y" }]), {
      text: "ok",
    }),
  });
  await world.send({ threadId: "t", prompt: "go" }, "e1");
  const [a, b] = await world.store.approvals.pending("t");
  await world.agent.approve({ threadId: "t", approvalId: a?.id ?? "", input: { site: "z" } });
  await world.agent.deny({ threadId: "t", approvalId: b?.id ?? "", reason: "no" });
  await world.server.settle({ advance: true });
  const [, , first, second] = await world.history();
  expect(first).toMatchObject({ content: { site: "z" } });
  expect(second).toMatchObject({ isError: true, content: "A person denied this call: no" });
});

test("nobody takes its run for dead while it sleeps", async () => {
  const world = await createWorld({
    tools: { crawl: crawler() },
    model: turns(calls(["a", "crawl", { site: "x" }]), { text: "ok" }),
  });
  await world.server.send({
    name: "ziro/agent.run.requested",
    data: { threadId: "t", prompt: "go", runId: "r" },
  });
  await world.server.settle();
  await world.server.advance("1m");
  const busy = await world.store.runs.begin("t", {
    runId: "r",
    execution: "other",
    operationId: "o",
    event: "e",
    ms: 1,
  });
  expect(busy).toMatchObject({ status: "busy", ms: 60 * 60 * 1000 + 120_000 });
});

test("makes its steps in a plain process too, but for those that need Inngest", async () => {
  const store = createStore({ backend: memoryBackend() });
  const tools = {
    plain: {
      description: "Works anywhere.",
      parameters,
      durable: "self",
      execute: async (_input: unknown, { step }) => step?.run("one", () => new Map([[1, 2n]])),
    },
    invoking: inngestTool({ description: "Needs it.", parameters, function: {} }),
  } satisfies Record<string, AgentTool>;
  const model = turns(calls(["a", "plain", {}], ["b", "invoking", {}]), { text: "ok" });
  await runLocally(createAgentLoop({ name: "a", model, tools }), {
    store,
    threadId: "t",
    prompt: "go",
  });
  const [, , plain, invoking] = (await store.history.read<object>("t")).map(({ value }) => value);
  expect(plain).toMatchObject({ content: new Map([[1, 2n]]) });
  expect(invoking).toMatchObject({ isError: true, content: expect.stringMatching(/no Inngest/) });
});

test.each([true, false])(
  "an Inngest function is a tool, its failure and its silence are errors to the model (checkpointing %s)",
  async (checkpointing) => {
    const server = createTestInngest({ retryDelay: () => 1000 });
    const inngest = server.client({ id: "app", checkpointing });
    const store = createStore({ backend: memoryBackend() });
    const triggers = [{ event: "never" }];
    const research = inngest.createFunction(
      { id: "research", triggers },
      async ({ event, step }) => {
        const { topic, by } = event.data as { readonly topic: string; readonly by: number };
        const found = await step.run("find", () => `found ${topic}`);
        return { found, by };
      },
    );
    const broken = inngest.createFunction({ id: "broken", triggers, retries: 1 }, async () => {
      throw new Error("it broke");
    });
    const slow = inngest.createFunction({ id: "slow", triggers }, async ({ step }) => {
      await step.sleep("long", "3h");
    });
    const agent = createAgentLoop({
      name: "support",
      tools: {
        research: inngestTool({
          description: "Researches.",
          parameters,
          function: research,
          data: (input, { idempotencyKey }) => ({ ...input, by: idempotencyKey.length }),
        }),
        broken: inngestTool({ description: "Breaks.", parameters, function: broken }),
        slow: inngestTool({ description: "Sleeps.", parameters, function: slow, timeout: 60_000 }),
      },
      model: turns(
        calls(["a", "research", { topic: "tea" }], ["b", "broken", {}], ["c", "slow", {}]),
        { text: "ok" },
      ),
    });
    const made = createInngestAgent({ inngest, agent, store });
    await server.register({
      client: inngest,
      functions: [...made.functions, research, broken, slow],
    });
    await made.start({ threadId: "t", prompt: "go" });
    await server.settle({ advance: true });
    const [, , ...told] = (await store.history.read<object>("t")).map(({ value }) => value);
    expect(told).toMatchObject([
      { toolCallId: "a", content: { found: "found tea", by: 40 } },
      { toolCallId: "b", isError: true, content: expect.stringMatching(/it broke/) },
      { toolCallId: "c", isError: true, content: expect.stringMatching(/[Tt]imed out/) },
      { role: "assistant", content: "ok" },
    ]);
  },
);

test("refuses another word for durable", async () => {
  const wrong = { description: "d", parameters, execute: () => 1, durable: "yes" };
  expect(() =>
    createAgentLoop({ name: "a", model: turns(), tools: { wrong: wrong as never } }),
  ).toThrow(/durable/);
});

test.each([true, false])(
  "no event is sent behind a cancel (checkpointing %s)",
  async (checkpointing) => {
    let isCancelled = false;
    const world: World = await createWorld({
      checkpointing,
      agent: { upkeep: false },
      model: turns(calls(["c", "charge", {}]), { text: "done" }),
      tools: {
        charge: {
          description: "Charges.",
          parameters,
          durable: "self",
          async execute(_input, { step, runId }) {
            await step?.run("one", () => 1);
            if (!isCancelled) {
              isCancelled = true;
              await world.agent.cancel({ runId });
            }
            await step?.sendEvent("send", { name: "charged", data: {} });
            return "ok";
          },
        },
      },
    });
    await world.agent.start({ threadId: "t", prompt: "x", runId: "r" });
    await world.server.advance("10m");
    expect(await world.store.runs.get("r")).toMatchObject({ status: "cancelled" });
    expect(world.server.events().filter(({ name }) => name === "charged")).toEqual([]);
  },
);
