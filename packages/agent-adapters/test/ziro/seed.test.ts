import { createStore, memoryBackend, StoreCheckpointer } from "@perdure/checkpoint-core";
import { SqliteCheckpointer } from "@perdure/checkpoint-sqlite";
import { createTestInngest, type RunView, type TestInngest } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import {
  createInngestAgent,
  durableModel,
  resumeAsStep,
  runAsStep,
  type ZiroOutput,
} from "../../src/ziro/index.ts";
import { type Agent, createAgent } from "./standIn.ts";
import { recorded, says, scripted, wants } from "./world.ts";

/*
 * The quick start of `@ziro-agent/inngest`, with the imports of `createInngestAgent` and of the checkpointer changed, its model a durable one, so that dollars can be counted, and one option
 * added: who may decide in events.
 */

const makers = {
  memory: () => new StoreCheckpointer(createStore({ backend: memoryBackend() })),
  sqlite: () => new SqliteCheckpointer({ path: ":memory:" }),
} as const;

const cases = (["memory", "sqlite"] as const).flatMap((engine) =>
  [true, false].map((checkpointing) => ({ engine, checkpointing })),
);

type Where = (typeof cases)[number];

interface Support {
  readonly server: TestInngest;
  readonly inngest: ReturnType<TestInngest["client"]>;
  readonly agent: Agent;
  readonly model: ReturnType<typeof scripted>;
  readonly checkpointer: StoreCheckpointer;
  readonly refund: ReturnType<typeof recorded>;
  readonly lookup: ReturnType<typeof recorded>;
  readonly send: (event: object) => Promise<RunView>;
}

function support(
  { engine, checkpointing }: Where = { engine: "memory", checkpointing: true },
  isDurable = true,
): Support {
  const server = createTestInngest({ retryDelay: () => 15_000 });
  const inngest = server.client({ id: "my-app", checkpointing });
  const checkpointer = makers[engine]();
  const model = scripted(
    wants(["tc_look", "lookup", { order: 123 }]),
    wants(["tc_abc", "refund", { order: 123 }]),
    says("Refunded."),
  );
  const refund = recorded("refund", { requiresApproval: true });
  const lookup = recorded("lookup");
  const agent = createAgent({
    name: "support",
    model: isDurable ? durableModel(model) : model,
    tools: { refund, lookup },
    checkpointer,
    defaultThreadId: "placeholder", // overridden per-event
  });
  const send = async (event: object): Promise<RunView> => {
    await server.send(event as never);
    await server.settle({ advance: true });
    const run = server.runs().findLast(({ functionId }) => !functionId.endsWith("-failure"));
    if (!run) throw new Error("Nothing has run.");
    return run;
  };
  return { server, inngest, agent, model, checkpointer, refund, lookup, send };
}

test.each(cases)("the quick start, on $engine, checkpointing $checkpointing", async (where) => {
  const { server, inngest, agent, model, checkpointer, refund, lookup, send } = support(where);
  const { runFn, resumeFn } = createInngestAgent({ inngest, agent, trustEvents: true });
  const functions = [runFn, resumeFn].filter(Boolean);
  await server.register({ client: inngest, functions });

  const asked = { threadId: "user:42", prompt: "Refund order #123" };
  const wrong = await send({
    name: "ziro/agent.run.requested",
    data: { ...asked, budget: { maxUsdPerRun: 0.5 } },
  });
  expect(wrong).toMatchObject({
    status: "Failed",
    requests: 1,
    error: { message: expect.stringContaining('"maxUsdPerRun": it is called maxUsd') },
  });
  expect(model.asked).toEqual([]);

  const waiting = await send({
    name: "ziro/agent.run.requested",
    data: { ...asked, budget: { maxUsd: 0.5 } },
  });
  expect(waiting).toMatchObject({
    status: "Completed",
    output: { status: "suspended", approvals: [{ callId: "tc_abc", tool: "refund" }] },
  });
  expect(waiting.steps.map(({ name }) => name)).toEqual([
    "begin",
    "think",
    "tool-lookup",
    "think",
    "suspend",
  ]);
  expect(await checkpointer.get("user:42")).toMatchObject({
    __ziro_snapshot__: true,
    step: 2,
    pendingApprovals: [{ toolCallId: "tc_abc" }],
  });
  expect(await checkpointer.get("placeholder")).toBeNull();

  const resume = {
    name: "ziro/agent.resume.requested",
    data: {
      threadId: "user:42",
      decisions: { tc_abc: { decision: "approve" } },
      budget: { maxUsd: 0.5 },
    },
  };
  expect(await send(resume)).toMatchObject({
    output: { status: "completed", output: { response: "Refunded." } },
  });
  await send(resume);
  expect([refund.seen, lookup.seen]).toEqual([[{ order: 123 }], [{ order: 123 }]]);
  expect(model.asked).toHaveLength(3);
  expect(await checkpointer.store.history.count("user:42")).toBe(6);
});

test.each(cases)(
  "the lower-level helpers, on $engine, checkpointing $checkpointing",
  async (where) => {
    const { server, inngest, agent, model, refund, lookup, send } = support(where, false);
    const outputs: unknown[] = [];
    const myFn = inngest.createFunction(
      { id: "support-bot", retries: 3, triggers: [{ event: "app/chat.received" }] },
      async ({ event, step }) => {
        const { message, userId } = event.data as {
          readonly message: string;
          readonly userId: string;
        };
        return runAsStep(step, agent, { prompt: message, threadId: userId });
      },
    );
    const decided = inngest.createFunction(
      { id: "decided", retries: 3, triggers: [{ event: "app/decided" }] },
      async ({ event, step }) => {
        const { userId, checkpointId } = event.data as {
          readonly userId: string;
          readonly checkpointId: string;
        };
        const decisions = { tc_abc: { decision: "approve", modifiedInput: { order: 7 } } } as const;
        const { result } = await resumeAsStep(step, agent, userId, {
          decisions,
          checkpointId,
        });
        outputs.push(result?.text);
        return result?.finishReason;
      },
    );
    await server.register({ client: inngest, functions: [myFn, decided] });
    const data = { userId: "user:42", message: "Refund order #123" };
    const { output } = await send({ name: "app/chat.received", data });
    const { suspended } = output as unknown as Awaited<ReturnType<typeof runAsStep>>;
    expect(suspended?.snapshot).toMatchObject({ __ziro_snapshot__: true, version: 2 });
    const checkpointId = suspended?.checkpointId;
    const done = await send({ name: "app/decided", data: { userId: "user:42", checkpointId } });
    expect(done.output).toBe("completed");
    expect(outputs.at(-1)).toBe("Refunded.");
    expect([refund.seen, lookup.seen]).toEqual([[{ order: 7 }], [{ order: 123 }]]);
    expect(model.asked).toHaveLength(3);
  },
);

test("an agent as it is, with a plain model: dollars cannot be counted, and nothing else is missing", async () => {
  const { server, inngest, agent, model, refund, lookup } = support(undefined, false);
  const made = createInngestAgent({ inngest, agent });
  await server.register({ client: inngest, functions: made.functions });
  const start = { threadId: "t", prompt: "Refund", runId: "r" };
  await made.start({ ...start, budget: { maxUsd: 1 } });
  await server.settle({ advance: true });
  expect((await made.status({ runId: "r" }))?.run).toMatchObject({
    status: "failed",
    outcome: { error: { message: expect.stringContaining("durableModel(model)") } },
  });
  expect([model.asked.length, lookup.seen]).toEqual([1, []]);

  await made.start({ ...start, runId: "s", budget: { maxTokens: 1000 } });
  await server.settle({ advance: true });
  await made.approve({ threadId: "t", runId: "s", callId: "tc_abc" });
  await server.settle({ advance: true });
  expect((await made.status({ runId: "s" }))?.run.outcome).toMatchObject({
    output: { text: "Refunded.", stats: { totalTokens: 330, model: null } },
  });
  expect([model.asked.length, lookup.seen.length, refund.seen.length]).toEqual([4, 1, 1]);
});

test("decisions in events need somebody to vouch for them", async () => {
  const { server, inngest, agent, refund, send } = support();
  const { functions } = createInngestAgent({ inngest, agent });
  await server.register({ client: inngest, functions });
  const data = { threadId: "user:42", prompt: "Refund order #123" };
  await send({ name: "ziro/agent.run.requested", data });
  const decisions = { tc_abc: { decision: "approve" } };
  const forged = { name: "ziro/agent.resume.requested", data: { threadId: "user:42", decisions } };
  expect(await send(forged)).toMatchObject({ status: "Failed" });
  expect(refund.seen).toEqual([]);
});

test("a run's output is what agent.run gave, and what every run gives", async () => {
  const { server, inngest, agent } = support();
  const made = createInngestAgent({ inngest, agent, functionId: "own" });
  expect(made.id).toBe("own");
  await server.register({ client: inngest, functions: made.functions });
  await made.start({ threadId: "t", prompt: "Refund", runId: "r" });
  await server.settle({ advance: true });
  await made.deny({ threadId: "t", runId: "r", callId: "tc_abc", reason: "too late" });
  await server.settle({ advance: true });
  const outcome = (await made.status({ runId: "r" }))?.run.outcome;
  const output = outcome?.status === "completed" ? (outcome.output as ZiroOutput) : undefined;
  expect(output).toMatchObject({
    text: "Refunded.",
    finishReason: "completed",
    status: "completed",
    iterations: 3,
    stats: { totalTokens: 330, totalToolCalls: 2, model: "gpt-4o-mini" },
  });
  expect(output?.steps).toHaveLength(3);
  expect(JSON.stringify(output?.steps[1])).toContain("ApprovalRejected");
});
