import { createStore, memoryBackend, type Store } from "@perdure/checkpoint-core";
import { NonRetriableError } from "inngest";
import { expect, test } from "vitest";
import {
  type AgentLoopOptions,
  createAgentLoop,
  createInngestAgent,
  type LoopResult,
  withStep,
} from "../src/index.ts";
import {
  type App,
  createTestInngest,
  faultAt,
  type RunView,
  type TestInngest,
  type TestInngestOptions,
} from "../src/testing/index.ts";
import { calls, recorder, turns } from "./bridge/world.ts";

const modes = [true, false];

interface Calling {
  readonly server: TestInngest;
  readonly store: Store;
  readonly send: (data: Readonly<Record<string, unknown>>, id?: string) => Promise<RunView>;
  readonly lines: string[];
}

/** A function of the user's own, which calls the loop as it is. */
async function calling(
  checkpointing: boolean,
  options: Omit<AgentLoopOptions, "name">,
  more: TestInngestOptions = {},
): Promise<Calling> {
  const server = createTestInngest({ retryDelay: () => 15_000, ...more });
  const store = createStore({ backend: memoryBackend() });
  const lines: string[] = [];
  const create = (): App => {
    const client = server.client({ id: "app", checkpointing });
    const loop = createAgentLoop({ name: "support", store, ...options });
    const fn = client.createFunction(
      { id: "handle", triggers: [{ event: "message" }], retries: 1 },
      async ({ event, step }) => {
        const { threadId, message, runId } = event.data as {
          readonly threadId: string;
          readonly message?: string;
          readonly runId?: string;
        };
        const logger = { info: (line: string) => lines.push(line) };
        return loop(step, {
          threadId,
          logger,
          ...(message === undefined ? {} : { message }),
          ...(runId === undefined ? {} : { runId }),
        });
      },
    );
    return { client, functions: [fn] };
  };
  await server.register({ create });
  return {
    server,
    store,
    lines,
    async send(data, id) {
      await server.send({ name: "message", data, ...(id === undefined ? {} : { id }) } as never);
      await server.settle({ advance: true });
      const run = server.runs().at(-1);
      if (!run) throw new Error("Nothing has run.");
      return run;
    },
  };
}

const history = async (store: Store): Promise<readonly unknown[]> =>
  (await store.history.read("t")).map(({ value }) => value);

test.each(modes)("is called in any Inngest function (checkpointing %s)", async (checkpointing) => {
  const work = recorder(() => "ok");
  const { send, store, lines } = await calling(checkpointing, {
    tools: { work },
    model: turns(calls(["a", "work", {}]), { text: "done" }),
  });
  const run = await send({ threadId: "t", message: "go" });
  expect(run.output).toMatchObject({
    response: "done",
    iterations: 2,
    status: "completed",
    threadId: "t",
    stats: { totalToolCalls: 1, totalMessages: 1, agentsInvolved: ["support"] },
  });
  expect(run.steps.map(({ name }) => name)).toEqual(["begin", "think", "tool-work", "think"]);
  expect(await history(store)).toHaveLength(4);
  expect(lines).toHaveLength(1);
  const again = await send({ threadId: "t", message: "go" });
  expect((await history(store)).length).toBeGreaterThan(4);
  expect((again.output as unknown as LoopResult).status).toBe("completed");
});

test.each(modes)(
  "whatever is lost, doubled or killed: one history, one reply's key (checkpointing %s)",
  async (checkpointing) => {
    const run = async (
      more: TestInngestOptions = {},
    ): Promise<{ readonly requests: number; readonly told: number; readonly keys: number }> => {
      const replies: string[] = [];
      const work = recorder(() => "ok");
      const { send, store, server } = await calling(
        checkpointing,
        {
          tools: { work },
          model: turns(calls(["a", "work", {}]), { text: "done" }),
          onReply: ({ response }, { idempotencyKey }) =>
            replies.push(`${response} ${idempotencyKey}`),
        },
        more,
      );
      const view = await send({ threadId: "t", message: "go" });
      expect(view).toMatchObject({ status: "Completed", output: { response: "done" } });
      const told = await history(store);
      return { requests: server.requests.length, told: told.length, keys: new Set(replies).size };
    };
    const { requests, ...plain } = await run();
    expect(plain).toEqual({ told: 4, keys: 1 });
    for (let index = 0; index < requests; index += 1)
      for (const fault of ["lose-response", "double", "stop-before", "stop-during"] as const)
        expect(await run({ faults: faultAt(index, fault) })).toMatchObject(plain);
  },
  120_000,
);

test("a rerun gets the first output, and asks nothing again", async () => {
  let asked = 0;
  const { send, server } = await calling(true, {
    model: () => {
      asked += 1;
      return { text: `answer ${asked}` };
    },
  });
  const first = await send({ threadId: "t", message: "go" });
  await server.rerun(first.id);
  await server.settle({ advance: true });
  expect(server.runs().at(-1)?.output).toEqual(first.output);
  expect(asked).toBe(1);
});

test("waits for a person, and goes on when it is called with the run's id", async () => {
  const refund = recorder(() => "paid", { requiresApproval: true });
  const { send, store } = await calling(true, {
    tools: { refund },
    model: turns(calls(["r", "refund", {}]), { text: "done" }),
  });
  const suspended = (await send({ threadId: "t", message: "go", runId: "r1" })).output;
  expect(suspended).toMatchObject({
    status: "suspended",
    runId: "r1",
    approvals: [{ callId: "r" }],
  });
  const [approval] = await store.approvals.pending("t");
  await store.approvals.decide("t", { approvalId: approval?.id ?? "" }, { kind: "approve" });
  const run = await send({ threadId: "t", runId: "r1" });
  expect(run.output).toMatchObject({ status: "completed", response: "done" });
  expect(refund.seen).toHaveLength(1);
});

test("at its limit it says so", async () => {
  const { send } = await calling(true, {
    maxIterations: 1,
    tools: { work: recorder() },
    model: () => calls(["a", "work", {}]),
  });
  expect((await send({ threadId: "t", message: "go" })).output).toMatchObject({
    status: "maxIterations",
    iterations: 1,
  });
});

test("a later message supersedes the run that has the thread, whose reply is never sent", async () => {
  const replies: unknown[] = [];
  const refund = recorder(() => "paid", { requiresApproval: true });
  const { send, store } = await calling(true, {
    tools: { refund },
    model: ({ messages }) =>
      messages.at(-1)?.content === "first" ? calls(["r", "refund", {}]) : { text: "second" },
    onReply: ({ response }) => replies.push(response),
  });
  await send({ threadId: "t", message: "first", runId: "r1" });
  await send({ threadId: "t", message: "other", runId: "r2" });
  expect(await store.runs.get("r1")).toMatchObject({ status: "superseded" });
  expect(replies).toEqual(["second"]);
  const late = await send({ threadId: "t", runId: "r1" });
  expect(late.output).toMatchObject({ status: "ended", reason: "final" });
  expect(replies).toEqual(["second"]);
});

test("with skip it gives up where the thread is taken", async () => {
  const refund = recorder(() => "paid", { requiresApproval: true });
  const { send, store } = await calling(true, {
    singleton: "skip",
    tools: { refund },
    model: () => calls(["r", "refund", {}]),
  });
  await send({ threadId: "t", message: "first", runId: "r1" });
  expect((await send({ threadId: "t", message: "second" })).output).toMatchObject({
    status: "rejected",
  });
  expect(await store.runs.get("r1")).toMatchObject({ status: "suspended" });
});

test("a run whose model fails is recorded, and frees its thread", async () => {
  const { send, store } = await calling(true, {
    model: () => {
      throw new NonRetriableError("no model");
    },
  });
  const run = await send({ threadId: "t", message: "go", runId: "r1" });
  expect(run).toMatchObject({ status: "Failed" });
  expect(await store.runs.get("r1")).toMatchObject({
    status: "failed",
    outcome: { error: { message: "no model" } },
  });
  expect(await store.runs.holding("t")).toBe(undefined);
});

test("a reply that fails is tried again alone, and the run stands", async () => {
  let tried = 0;
  let asked = 0;
  const { send, store } = await calling(false, {
    model: () => {
      asked += 1;
      return { text: "x".repeat(40 * 1024) };
    },
    onReply: ({ response }) => {
      tried += 1;
      if (tried < 2) throw new Error("nobody there");
      expect(response).toHaveLength(40 * 1024);
    },
  });
  const run = await send({ threadId: "t", message: "go", runId: "r1" });
  expect([run.status, tried, asked]).toEqual(["Completed", 2, 1]);
  expect(await store.runs.get("r1")).toMatchObject({ status: "completed" });
});

test("is an agent for createInngestAgent too, and replies there", async () => {
  const replies: unknown[] = [];
  const server = createTestInngest();
  const inngest = server.client({ id: "app" });
  const store = createStore({ backend: memoryBackend() });
  const loop = createAgentLoop({
    name: "support",
    model: turns({ text: "hi" }),
    onReply: (output, { threadId }) => replies.push([output.response, threadId]),
  });
  const agent = createInngestAgent({ inngest, store, agent: loop });
  await server.register({ client: inngest, functions: agent.functions });
  await agent.start({ threadId: "t", prompt: "go" });
  await server.settle({ advance: true });
  expect(replies).toEqual([["hi", "t"]]);
});

test("is refused outside of an Inngest function, and without a store", async () => {
  const step = {
    run: async (_at: unknown, work: () => Promise<unknown>) => work(),
    sleep: async () => undefined,
    sendEvent: async () => undefined,
    invoke: async () => undefined,
    waitForEvent: async () => undefined,
  };
  const model = turns({ text: "hi" });
  const store = createStore({ backend: memoryBackend() });
  const invalid = { code: "INVALID_ARGUMENT" };
  await expect(
    createAgentLoop({ name: "a", model })(step, { threadId: "t", message: "x" }),
  ).rejects.toMatchObject(invalid);
  await expect(
    withStep(step, async () =>
      createAgentLoop({ name: "a", model, store })(step, { threadId: "t" }),
    ),
  ).rejects.toMatchObject(invalid);
});

test.each(modes)(
  "puts a summary in the place of what is old, once (checkpointing %s)",
  async (checkpointing) => {
    const summed: number[] = [];
    const { send, store } = await calling(checkpointing, {
      model: ({ messages }) => ({ text: `saw ${messages.length}` }),
      compaction: {
        above: 6,
        keep: 3,
        summarize: (messages) => {
          summed.push(messages.length);
          return `summary of ${messages.length}`;
        },
      },
    });
    for (const message of ["a", "b", "c", "d"]) await send({ threadId: "t", message });
    expect(summed).toEqual([4]);
    expect(await history(store)).toEqual([
      { role: "system", content: "summary of 4" },
      { role: "user", content: "c" },
      { role: "assistant", content: "saw 5" },
      { role: "user", content: "d" },
      { role: "assistant", content: "saw 4" },
    ]);
  },
);

test.each([
  [{ onReply: 1 }, /onReply/],
  [{ singleton: "queue" }, /singleton/],
  [{ compaction: { above: 3, keep: 4, summarize: () => "" } }, /keep/],
  [{ compaction: { above: 3, keep: 2 } }, /summarize/],
])("refuses %j", (wrong, message) => {
  const options = { name: "a", model: turns(), ...wrong };
  expect(() => createAgentLoop(options as unknown as AgentLoopOptions)).toThrow(message);
});
