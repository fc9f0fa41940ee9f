import {
  createStore,
  memoryBackend,
  type Store,
  StoreCheckpointer,
} from "@perdure/checkpoint-core";
import { expect, onTestFinished, test } from "vitest";
import {
  type AgentLoopOptions,
  type AsStepResult,
  budgetExceededIn,
  createAgentLoop,
  createInngestAgent,
  type ResumeAsStepOptions,
  resumeAsStep,
  type RunAsStepOptions,
  runAsStep,
} from "../../src/index.ts";
import {
  type App,
  createTestInngest,
  faultAt,
  type RunView,
  type TestInngest,
  type TestInngestOptions,
} from "../../src/testing/index.ts";
import { pairs } from "../bridge/everywhere.ts";
import { calls, recorder, turns } from "../bridge/world.ts";
import { testOnBoth, usage } from "../budget/worlds.ts";

interface Functions {
  readonly server: TestInngest;
  readonly store: Store;
  readonly send: (name: "chat" | "decided", data: object, id?: string) => Promise<RunView>;
}

/** Two functions of the user's own: one that runs an agent, one that goes on with it. */
async function functions(
  loop: Omit<AgentLoopOptions, "name">,
  {
    engine = "memory",
    checkpointing = true,
    ...more
  }: TestInngestOptions & {
    readonly engine?: "memory" | "sqlite" | undefined;
    readonly checkpointing?: boolean | undefined;
  } = {},
): Promise<Functions> {
  const server = createTestInngest({ retryDelay: () => 15_000, ...more });
  const pair = await pairs[engine]();
  onTestFinished(() => pair[Symbol.asyncDispose]());
  const store = pair.a;
  const create = (): App => {
    const client = server.client({ id: "app", checkpointing });
    const agent = createAgentLoop({ name: "support", store, ...loop });
    const chat = client.createFunction(
      { id: "support-bot", retries: 3, triggers: [{ event: "chat" }] },
      async ({ event, step }) => runAsStep(step, agent, event.data as RunAsStepOptions),
    );
    const decided = client.createFunction(
      { id: "decided", retries: 3, triggers: [{ event: "decided" }] },
      async ({ event, step }) => {
        const { threadId, ...options } = event.data as ResumeAsStepOptions & { threadId: string };
        return resumeAsStep(step, agent, threadId, options);
      },
    );
    return { client, functions: [chat, decided] };
  };
  await server.register({ create });
  return {
    server,
    store,
    async send(name, data, id) {
      await server.send({ name, data, ...(id === undefined ? {} : { id }) } as never);
      await server.settle({ advance: true });
      const run = server.runs().at(-1);
      if (!run) throw new Error("Nothing has run.");
      return run;
    },
  };
}

const outputOf = ({ output }: RunView): AsStepResult => output as unknown as AsStepResult;

testOnBoth("each call is a step, and a run that waits is a result", async (where) => {
  const work = recorder(() => "ok");
  const refund = recorder(() => "paid", { requiresApproval: true });
  const { send, store } = await functions(
    {
      tools: { work, refund },
      model: turns(calls(["a", "work", {}]), calls(["r", "refund", { order: 1 }]), {
        text: "done",
      }),
    },
    where,
  );
  const run = await send("chat", { threadId: "t", prompt: "go" });
  expect(run).toMatchObject({ status: "Completed" });
  expect(run.steps.map(({ name }) => name)).toEqual([
    "begin",
    "think",
    "tool-work",
    "think",
    "suspend",
    "answer",
  ]);
  const { suspended, result, report } = outputOf(run);
  expect(result).toBeUndefined();
  expect(suspended).toMatchObject({ approvals: [{ callId: "r", input: { order: 1 } }] });
  const { checkpointId } = suspended ?? {};
  expect(suspended?.snapshot).toEqual(await store.checkpoints.get("t", checkpointId));

  for (const decisions of [{}, { r: { decision: "suspend" } }]) {
    const waiting = outputOf(await send("decided", { threadId: "t", decisions }));
    expect(waiting).toMatchObject({ suspended: { checkpointId }, report: { status: "waiting" } });
  }
  const decisions = { r: { decision: "approve", modifiedInput: { order: 2 } } };
  const went = outputOf(await send("decided", { threadId: "t", checkpointId, decisions }));
  expect(went).toMatchObject({ result: { response: "done" }, report: { runId: report.runId } });
  expect(refund.seen.map(({ input }) => input)).toEqual([{ order: 2 }]);

  const again = outputOf(await send("decided", { threadId: "t", checkpointId, decisions }));
  expect(again).toMatchObject({ result: went.result, report: { status: "ended" } });
  expect([refund.seen.length, work.seen.length]).toEqual([1, 1]);
});

testOnBoth("a rejection is told to the model", async (where) => {
  const refund = recorder(() => "paid", { requiresApproval: true });
  const { send } = await functions(
    {
      tools: { refund },
      model: turns(calls(["r", "refund", {}]), ({ messages }) => ({
        text: String(messages.at(-1)?.content),
      })),
    },
    where,
  );
  await send("chat", { threadId: "t", prompt: "go" });
  const decisions = { r: { decision: "reject", reason: "too late" } };
  expect(outputOf(await send("decided", { threadId: "t", decisions }))).toMatchObject({
    result: { response: "A person denied this call: too late" },
  });
  expect(refund.seen).toEqual([]);
});

testOnBoth(
  "whatever is lost or doubled: one refund, one result",
  async (where) => {
    const run = async (more: TestInngestOptions = {}): Promise<readonly [number, unknown]> => {
      const refund = recorder(() => "paid", { requiresApproval: true });
      const { send, store, server } = await functions(
        { tools: { refund }, model: turns(calls(["r", "refund", {}]), { text: "done" }) },
        { ...where, ...more },
      );
      await send("chat", { threadId: "t", prompt: "go", runId: "r1" });
      const decisions = { r: { decision: "approve" } };
      const { result, report } = outputOf(await send("decided", { threadId: "t", decisions }));
      const told = (await store.history.read("t")).length;
      const keys = new Set(refund.seen.map(({ key }) => key)).size;
      return [server.requests.length, { result, runId: report.runId, told, keys }];
    };
    const [requests, plain] = await run();
    expect(plain).toMatchObject({ result: { response: "done" }, runId: "r1", told: 4, keys: 1 });
    for (let index = 0; index < requests; index += 1)
      for (const fault of ["lose-response", "double"] as const)
        expect((await run({ faults: faultAt(index, fault) }))[1]).toEqual(plain);
  },
  120_000,
);

test("a rerun of the function gets the first result, and asks nothing again", async () => {
  let asked = 0;
  const { send, server } = await functions({
    model: () => {
      asked += 1;
      return { text: `answer ${asked}` };
    },
  });
  const first = await send("chat", { threadId: "t", prompt: "go" }, "e1");
  await server.rerun(first.id);
  await server.settle({ advance: true });
  const again = server.runs().at(-1);
  expect(again && outputOf(again)).toMatchObject({ result: { response: "answer 1" } });
  expect(asked).toBe(1);
});

test("code that catches suspensions gets one, with Ziro's brand", async () => {
  const { send } = await functions({
    tools: { refund: recorder(() => "paid", { requiresApproval: true }) },
    model: turns(calls(["r", "refund", {}])),
  });
  const run = await send("chat", { threadId: "t", prompt: "go", throwOnSuspend: true });
  expect(run).toMatchObject({ status: "Failed" });
  expect(run.error).toMatchObject({ name: "InngestAgentSuspendedError" });
});

test("a budget stops the run, and a resume brings a larger one", async () => {
  const { send, store } = await functions({
    tools: { work: recorder() },
    model: turns({ ...calls(["a", "work", {}]), usage }, { text: "done", usage }),
  });
  const start = { threadId: "t", prompt: "go", runId: "r", budget: { maxTokens: 100 } };
  const failed = await send("chat", start);
  expect(failed).toMatchObject({ status: "Failed" });
  expect(budgetExceededIn(failed.error)).toEqual({ kind: "tokens", limit: 100, observed: 110 });
  const { revision: retry } = (await store.runs.get("r")) ?? { revision: 0 };
  const more = { threadId: "t", runId: "r", retry, budget: { maxTokens: 1000 } };
  expect(outputOf(await send("decided", more))).toMatchObject({ result: { response: "done" } });
});

test("on a taken thread it gives up, or supersedes the run that has it", async () => {
  const { send, store } = await functions({
    tools: { refund: recorder(() => "paid", { requiresApproval: true }) },
    model: ({ messages }) =>
      messages.at(-1)?.content === "first" ? calls(["r", "refund", {}]) : { text: "second" },
  });
  await send("chat", { threadId: "t", prompt: "first", runId: "r1" });
  const rejected = outputOf(await send("chat", { threadId: "t", prompt: "second" }));
  expect(rejected).toMatchObject({ report: { status: "rejected" } });
  expect([rejected.result, rejected.suspended]).toEqual([undefined, undefined]);
  const other = { threadId: "t", prompt: "third", whenBusy: "cancel" };
  expect(outputOf(await send("chat", other))).toMatchObject({ result: { response: "second" } });
  expect(await store.runs.get("r1")).toMatchObject({ status: "superseded" });
});

test("goes on with a run that createInngestAgent began", async () => {
  const { send, server, store } = await functions({
    tools: { refund: recorder(() => "paid", { requiresApproval: true }) },
    model: turns(calls(["r", "refund", {}]), { text: "done" }),
  });
  const inngest = server.client({ id: "other" });
  const agent = createAgentLoop({
    name: "support",
    store,
    tools: { refund: recorder(() => "unused", { requiresApproval: true }) },
    model: turns(calls(["r", "refund", {}])),
  });
  const support = createInngestAgent({ inngest, agent });
  await server.register({ client: inngest, functions: support.functions });
  await support.start({ threadId: "t", prompt: "go", runId: "r" });
  await server.settle({ advance: true });
  const decisions = { r: { decision: "approve" } };
  expect(outputOf(await send("decided", { threadId: "t", decisions }))).toMatchObject({
    result: { response: "done" },
    report: { runId: "r" },
  });
});

test("finds the store behind a checkpointer of ours, and says where there is none", () => {
  const server = createTestInngest();
  const inngest = server.client({ id: "app" });
  const loop = createAgentLoop({ name: "support", model: turns() });
  const agent = {
    name: "support",
    run: loop.run.bind(loop),
    resume: loop.resume.bind(loop),
  };
  const store = createStore({ backend: memoryBackend() });
  const checkpointer = new StoreCheckpointer(store);
  expect(createInngestAgent({ inngest, agent: { ...agent, checkpointer } as never }).id).toBe(
    "support",
  );
  const foreign = { put: async () => "1", get: async () => null };
  const wrong = { ...agent, checkpointer: foreign };
  expect(() => createInngestAgent({ inngest, agent })).toThrow(
    expect.objectContaining({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("an agent with a store or a checkpointer of ours"),
    }),
  );
  expect(() => createInngestAgent({ inngest, agent: wrong })).toThrow(
    expect.objectContaining({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/of another make.*store: await openStore\(url\)/),
    }),
  );
  expect(createInngestAgent({ inngest, agent: wrong, store }).id).toBe("support");
});

test.each([
  ["chat", { threadId: "t", prompt: "go", approver: "me" }, /approver/],
  ["chat", { threadId: "t", prompt: "go", persistSuspended: false }, /persistSuspended/],
  ["chat", { threadId: "t", prompt: "go", budget: { maxUsdPerRun: 1 } }, /called maxUsd/],
  ["chat", { threadId: "t", prompt: "go", whenBusy: "queue" }, /whenBusy/],
  ["chat", { prompt: "go" }, /threadId/],
  ["decided", { threadId: "t", decisions: [{ decision: "approve" }] }, /decisions/],
  ["decided", { threadId: "t", maxSteps: 3 }, /maxSteps/],
  ["decided", { threadId: "t" }, /No run of the thread/],
] as const)("%s refuses %j", async (name, data, message) => {
  const { send, store } = await functions({ model: turns({ text: "hi" }) });
  const run = await send(name, data);
  expect(run).toMatchObject({ status: "Failed" });
  expect(run.error).toMatchObject({ message: expect.stringMatching(message) });
  expect(await store.threads.get("t")).toBeUndefined();
});

test("is refused outside of an Inngest function", async () => {
  const store = createStore({ backend: memoryBackend() });
  const agent = createAgentLoop({ name: "support", store, model: turns() });
  const step = {
    run: async (_at: unknown, work: () => Promise<unknown>) => work(),
    sleep: async () => undefined,
    sendEvent: async () => undefined,
    invoke: async () => undefined,
    waitForEvent: async () => undefined,
  };
  await expect(runAsStep(step, agent, { threadId: "t", prompt: "x" })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});
