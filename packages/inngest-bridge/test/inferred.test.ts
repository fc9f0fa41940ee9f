import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import {
  type AgentLoopOptions,
  createAgentLoop,
  inferredModel,
  type OffloadedModel,
  runLocally,
} from "../src/index.ts";
import type { Gateway, Message } from "../src/testing/index.ts";
import { testEverywhere } from "./bridge/everywhere.ts";
import { createWorld, recorder, type World, type WorldOptions } from "./bridge/world.ts";

interface Wire {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly tools?: readonly unknown[];
}

/** What a provider says by the number of tool results that it is shown. */
type Said = (results: number, body: Wire) => unknown;

const call = (id: string, name: string, input: unknown): unknown => ({
  message: {
    content: null,
    tool_calls: [{ id, function: { name, arguments: JSON.stringify(input) } }],
  },
});

const twoCalls: Said = (results) =>
  results < 2
    ? call(`c${results + 1}`, "work", { n: results + 1 })
    : { message: { content: "done" } };

interface Inferred {
  readonly world: World;
  readonly bodies: Wire[];
  readonly work: ReturnType<typeof recorder>;
}

/** An agent whose model the server asks. */
async function inferredWorld(
  said: Said,
  {
    gateway,
    loop,
    ...options
  }: WorldOptions & {
    readonly gateway?: (answer: () => Response) => Response;
    readonly loop?: Partial<AgentLoopOptions>;
  } = {},
): Promise<Inferred> {
  const bodies: Wire[] = [];
  const work = recorder((input) => input);
  const answering: Gateway = async (request) => {
    expect(request.headers.get("authorization")).toBe("Bearer key");
    const body = (await request.json()) as Wire;
    bodies.push(body);
    const results = body.messages.filter(({ role }) => role === "tool").length;
    const usage = { prompt_tokens: 10, completion_tokens: 5 };
    const answer = (): Response =>
      Response.json({ model: "m", usage, choices: [said(results, body)] });
    return gateway ? gateway(answer) : answer();
  };
  const agent = createAgentLoop({
    name: "support",
    tools: { work },
    model: inferredModel({ apiKey: "key", model: "m" }),
    ...loop,
  });
  const world = await createWorld({
    ...options,
    server: { ...options.server, gateway: answering },
    agent: { agent, ...options.agent },
  });
  await world.server.register({
    create: () => ({ client: world.inngest, functions: world.agent.functions }),
  });
  return { world, bodies, work };
}

const go = { threadId: "t", runId: "r", prompt: "go" };

testEverywhere(
  "the server asks the model, in a step before the one that stores its answer",
  async (where) => {
    const { world, bodies, work } = await inferredWorld(twoCalls, where);
    await world.send(go);
    expect((await world.agent.status({ runId: "r" }))?.run.outcome).toMatchObject({
      output: { response: "done", iterations: 3, stats: { inputTokens: 30, model: "m" } },
    });
    const [run] = world.executions();
    expect(run?.steps.map(({ name }) => name)).toEqual(
      [
        "begin",
        "infer:1",
        "think",
        "tool-work",
        "infer:2",
        "think",
        "tool-work",
        "infer:3",
        "think",
      ].map((name) => (name.startsWith("infer") ? expect.stringMatching(/^infer/) : name)),
    );
    expect(work.seen.map(({ input }) => input)).toEqual([{ n: 1 }, { n: 2 }]);
    expect(bodies.map(({ messages }) => messages.length)).toEqual([1, 3, 5]);
    expect(await world.history()).toHaveLength(6);
  },
);

test.each([true, false])(
  "what the provider refuses is asked again, and then fails the run (checkpointing %s)",
  async (checkpointing) => {
    let tries = 0;
    const refusing =
      (times: number) =>
      (answer: () => Response): Response => {
        tries += 1;
        return tries <= times ? Response.json({ error: "busy" }, { status: 500 }) : answer();
      };
    const { world } = await inferredWorld(twoCalls, { checkpointing, gateway: refusing(2) });
    await world.send(go);
    expect(world.report()).toMatchObject({ status: "completed" });
    expect(tries).toBe(5);
    tries = 0;
    const broken = await inferredWorld(twoCalls, { checkpointing, gateway: refusing(100) });
    await broken.world.send(go);
    expect((await broken.world.agent.status({ runId: "r" }))?.run.outcome).toMatchObject({
      status: "failed",
      error: { name: "AIGatewayError" },
    });
  },
);

test("an answer that is none fails at once, and is not read again", async () => {
  const { world, bodies } = await inferredWorld(() => ({ finish_reason: "length" }));
  await world.send(go);
  expect((await world.agent.status({ runId: "r" }))?.run.outcome).toMatchObject({
    status: "failed",
    error: { message: "The model's answer was cut at its limit of tokens." },
  });
  expect(bodies).toHaveLength(1);
});

test("halves of surrogate pairs go to the model as whole characters, and what is too much is refused", async () => {
  const { world, bodies } = await inferredWorld(() => ({ message: { content: "done" } }));
  await world.agent.start({ ...go, prompt: "half \ud83d" });
  await world.server.settle({ advance: true });
  expect(world.report()).toMatchObject({ status: "completed" });
  expect(bodies[0]?.messages.at(-1)?.content).toBe("half \ufffd");
  await world.agent.start({ threadId: "u", runId: "large", prompt: "x".repeat(5_000_000) });
  await world.server.settle({ advance: true });
  expect((await world.agent.status({ runId: "large" }))?.run.outcome).toMatchObject({
    status: "failed",
    error: { message: expect.stringMatching(/has \d+ bytes, and Inngest takes/) },
  });
  expect(bodies).toHaveLength(1);
});

const faults = ["lose-request", "lose-response", "double", "stop-during", "stop-after"] as const;

test.each([true, false])(
  "whatever is lost or doubled, what is stored counts, and no stored answer is asked for again (checkpointing %s)",
  async (checkpointing) => {
    const whole = await inferredWorld(twoCalls, { checkpointing });
    await whole.world.send(go);
    const messages = whole.world.server.requests.length;
    for (let index = 0; index < messages; index += 1)
      for (const fault of faults) {
        const plan = (message: Message) => (message.index === index ? fault : undefined);
        const { world, bodies, work } = await inferredWorld(twoCalls, {
          checkpointing,
          server: { faults: { call: plan } },
        });
        await world.send(go);
        expect([index, fault, (await world.agent.status({ runId: "r" }))?.run.status]).toEqual([
          index,
          fault,
          "completed",
        ]);
        expect(await world.history()).toHaveLength(6);
        expect([bodies.length <= 4, work.seen.length <= 4]).toEqual([true, true]);
      }
  },
);

test("a run that goes on in a new execution asks for no stored answer", async () => {
  const { world, bodies } = await inferredWorld(
    (results) => (results < 8 ? call(`c${results}`, "work", {}) : { message: { content: "done" } }),
    { agent: { continueAt: { steps: 12 } }, server: { limits: { steps: 16 } } },
  );
  await world.send(go);
  expect(world.report()).toMatchObject({ status: "completed" });
  expect(world.executions().length).toBeGreaterThan(2);
  expect(bodies).toHaveLength(9);
});

test("while the server asks, the run says how long it may be silent", async () => {
  const waits: unknown[] = [];
  const { world } = await inferredWorld(() => ({ message: { content: "done" } }));
  const { runs } = world.store;
  const pulse = runs.pulse.bind(runs);
  Object.assign(runs, {
    pulse: async (...said: Parameters<typeof pulse>) => {
      waits.push(said[1]);
      await pulse(...said);
    },
  });
  await world.send(go);
  expect(waits).toContainEqual({ ms: 12 * 60 * 1000 });
});

test("without Inngest it is asked directly", async () => {
  const store = createStore({ backend: memoryBackend() });
  const asked: unknown[] = [];
  const model = inferredModel({
    apiKey: "key",
    model: "m",
    baseUrl: "http://models.test/v1/",
    fetch: async (url) => {
      asked.push(url);
      return Response.json({ choices: [{ message: { content: "done" } }] });
    },
  });
  const agent = createAgentLoop({ name: "support", model });
  const report = await runLocally(agent, { store, threadId: "t", prompt: "go" });
  expect(report).toMatchObject({ status: "completed", output: { response: "done" } });
  expect(asked).toEqual(["http://models.test/v1/chat/completions"]);
});

test("refuses what is no model", () => {
  expect(() => inferredModel({ apiKey: undefined, model: "m" })).toThrow(/needs apiKey/);
  expect(() => inferredModel({ apiKey: "k", model: "m", silenceMs: 0 })).toThrow(/silenceMs/);
  const model = { read: () => ({ text: "" }) } as unknown as OffloadedModel;
  expect(() => createAgentLoop({ name: "support", model })).toThrow(/needs a model function/);
});
