import { expect, test } from "vitest";
import {
  type ModelStream,
  type RunCallbacks,
  type RunChunk,
  type RunStream,
  streamOf,
} from "../../src/index.ts";
import type { Message } from "../../src/testing/index.ts";
import { testEverywhere } from "../bridge/everywhere.ts";
import { calls, createWorld, recorder, turns, type World } from "../bridge/world.ts";

function say(stream: ModelStream | undefined, ...texts: readonly string[]): void {
  for (const text of texts) stream?.text(text);
}

async function all({ fullStream }: RunStream): Promise<readonly RunChunk[]> {
  const chunks: RunChunk[] = [];
  for await (const chunk of fullStream) chunks.push(chunk);
  return chunks;
}

const names = (chunks: readonly RunChunk[]): readonly string[] => chunks.map(({ event }) => event);

function textOf(chunks: readonly RunChunk[]): string {
  return chunks.map(({ event, data }) => (event === "text.delta" ? data.delta : "")).join("");
}

/** A conversation with an approval in its middle. */
async function refunding(where: Parameters<typeof createWorld>[0] = {}): Promise<World> {
  return createWorld({
    ...where,
    tools: { refund: recorder(() => "refunded", { requiresApproval: true }) },
    model: turns(calls(["r", "refund", { order: 1 }]), ({ stream }) => {
      say(stream, "It is ", "done.");
      return { text: "It is done." };
    }),
  });
}

/** Calls that say that they were called, and with what. */
function heard(): { readonly log: unknown[]; readonly callbacks: RunCallbacks } {
  const log: unknown[] = [];
  const callbacks: RunCallbacks = {
    onStepFinish: ({ stepId }) => log.push(stepId),
    onFinish: ({ text }) => log.push(["finish", text]),
    onError: ({ message }) => log.push(["error", message]),
    onSuspended: ({ pending }) => log.push(["suspended", pending.map(({ callId }) => callId)]),
    onAbort: ({ status }) => log.push(["abort", status]),
  };
  return { log, callbacks };
}

testEverywhere(
  "streams a run up to its suspension, and from its resumption to its end",
  async (where) => {
    const world = await refunding(where);
    const first = heard();
    const started = await world.agent.stream("refund", {
      threadId: "t",
      runId: "r1",
      ...first.callbacks,
    });
    expect(started).toMatchObject({ runId: "r1", threadId: "t" });
    await world.server.settle({ advance: true });
    expect(names(await all(started))).toEqual([
      "run.started",
      "part.created",
      "tool_call.arguments.delta",
      "part.completed",
      "step.completed",
      "run.suspended",
    ]);
    expect(await started.output.ending).toMatchObject({
      status: "suspended",
      pending: [{ callId: "r", input: { order: 1 } }],
    });
    await expect(started.output.text).rejects.toMatchObject({ name: "RunNotCompletedError" });
    expect(first.log).toEqual(["think:1", ["suspended", ["r"]]]);

    const second = heard();
    const going = await world.agent.resume("r1", { approved: true }, second.callbacks);
    await world.server.settle({ advance: true });
    const chunks = await all(going);
    expect(names(chunks)).toEqual([
      "run.resumed",
      "part.created",
      "tool_call.output.delta",
      "part.completed",
      "step.completed",
      "part.created",
      "text.delta",
      "part.completed",
      "step.completed",
      "run.completed",
      "stream.ended",
    ]);
    expect(await going.output.text).toBe("It is done.");
    expect(second.log).toEqual(["tool:1:r", "think:2", ["finish", "It is done."]]);

    const whole = await all(await world.agent.observe("r1"));
    expect(whole.filter(({ event }) => event.startsWith("run.")).map(({ event }) => event)).toEqual(
      ["run.started", "run.suspended", "run.resumed", "run.completed"],
    );
    const offset = whole[4]?.sequenceNumber ?? 0;
    expect(await all(await world.agent.observe("r1", { offset }))).toEqual(
      whole.filter(({ sequenceNumber }) => sequenceNumber >= offset),
    );
  },
);

test("a second stream with the run's id starts nothing and hears the first", async () => {
  const world = await createWorld();
  const options = { threadId: "t", runId: "r" };
  const one = await world.agent.stream("hi", options);
  const two = await world.agent.stream("hi", options);
  await world.server.settle({ advance: true });
  expect(await all(two)).toEqual(await all(one));
  const three = await world.agent.stream("hi", options);
  expect(await three.output.text).toBe("hello");
  expect(world.asked).toHaveLength(1);
  expect(await world.history()).toHaveLength(2);
});

test("a run without a thread gets one of its own", async () => {
  const world = await createWorld();
  const { runId, threadId, output } = await world.agent.stream({ role: "user", content: "hi" });
  expect(threadId).toBe(runId);
  await world.server.settle({ advance: true });
  expect(await output.text).toBe("hello");
});

test("a model step that is tried again does not show its text twice", async () => {
  const world = await createWorld({
    model: ({ stream }) => {
      say(stream, "hel", "lo");
      if (world.asked.length === 1) throw new Error("broken off");
      say(stream, " you");
      return { text: "hello you" };
    },
  });
  const started = await world.agent.stream("hi", { threadId: "t" });
  await world.server.settle({ advance: true });
  const chunks = await all(started);
  expect(world.asked).toHaveLength(2);
  expect(textOf(chunks)).toBe("hello you");
  expect(names(chunks)).not.toContain("part.failed");
});

for (const checkpointing of [true, false])
  test(`what is lost or doubled shows nothing twice and leaves nothing out (checkpointing ${checkpointing})`, async () => {
    for (const fault of ["lose-request", "lose-response", "double"] as const)
      for (let index = 0; index < 6; index += 1) {
        const world = await createWorld({
          checkpointing,
          tools: { work: recorder(() => "done") },
          server: {
            faults: { call: ({ index: at }: Message) => (at === index ? fault : undefined) },
          },
          model: turns(
            ({ stream }) => {
              stream?.toolCall({ id: "c", name: "work" }, '{"n":1}');
              return calls(["c", "work", { n: 1 }]);
            },
            ({ stream }) => {
              say(stream, "all ", "done");
              return { text: "all done" };
            },
          ),
        });
        const started = await world.agent.stream("go", { threadId: "t", runId: "r" });
        await world.server.settle({ advance: true });
        const chunks = await all(started);
        expect([fault, index, textOf(chunks)]).toEqual([fault, index, "all done"]);
        const done = chunks.filter(({ event }) => event === "part.completed");
        expect(done.map(({ data }) => "partId" in data && data.partId)).toEqual([
          "1:call:c",
          "1:output:c",
          "2:text",
        ]);
        expect(names(chunks).filter((name) => /^run\.(started|completed)/u.test(name))).toEqual([
          "run.started",
          "run.completed",
        ]);
      }
  });

test("a stream of a run that fails ends with it, and another one hears the retry", async () => {
  const world = await createWorld({
    model: ({ stream }) => {
      say(stream, "so far");
      if (world.asked.length <= 4) throw new Error("down");
      return { text: "so far so good" };
    },
  });
  const { log, callbacks } = heard();
  const started = await world.agent.stream("hi", { threadId: "t", runId: "r", ...callbacks });
  await world.server.settle({ advance: true });
  expect(names(await all(started)).slice(-2)).toEqual(["part.failed", "run.failed"]);
  const ending = await started.output.ending;
  expect(ending).toMatchObject({ status: "failed", error: { message: "down" } });
  expect(log).toEqual([["error", "down"]]);
  const retry = (await world.agent.status({ runId: "r" }))?.run.revision ?? 0;
  const again = await world.agent.resume("r", undefined, { retry });
  await world.server.settle({ advance: true });
  expect(textOf(await all(again))).toBe("so far so good");
  expect(await again.output.text).toBe("so far so good");
});

test("abort cancels the run, and its listeners hear it; cleanup ends only the caller's listening", async () => {
  const world = await refunding();
  const { log, callbacks } = heard();
  const started = await world.agent.stream("refund", { threadId: "t", runId: "r" });
  await world.server.settle({ advance: true });
  const resumed = await world.agent.resume("r", undefined, callbacks);
  const ended = await world.agent.observe("r");
  ended.cleanup();
  await expect(ended.output.ending).rejects.toMatchObject({ code: "CLOSED" });
  expect(await all(ended)).toEqual([]);
  expect((await world.agent.status({ runId: "r" }))?.run.status).toBe("suspended");
  expect(await resumed.output.ending).toMatchObject({ status: "suspended" });
  await started.abort("enough");
  expect(names(await all(await world.agent.observe("r"))).slice(-2)).toEqual([
    "run.interrupted",
    "stream.ended",
  ]);
  const late = await world.agent.resume("r", { approved: true }, callbacks);
  expect(await late.output.ending).toEqual({
    runId: "r",
    threadId: "t",
    status: "cancelled",
    reason: "enough",
  });
  expect(log).toEqual([
    ["suspended", ["r"]],
    ["abort", "cancelled"],
  ]);
});

test("a run whose stream was lost is told from what is stored", async () => {
  const world = await createWorld({ agent: { publishers: [] } });
  const started = await world.agent.stream("hi", { threadId: "t", runId: "r" });
  await world.server.settle({ advance: true });
  expect(names(await all(started))).toEqual(["run.completed", "stream.ended"]);
  expect(await started.output.text).toBe("hello");
  expect(await world.store.streams.get(streamOf("r"))).toBeUndefined();
});

test("resume takes decisions by call, data for the one call that waits, and refuses what is for none", async () => {
  const world = await createWorld({
    tools: { refund: recorder((input) => input, { requiresApproval: true }) },
    model: turns(
      calls(["a", "refund", { n: 1 }], ["b", "refund", { n: 2 }], ["c", "refund", { n: 3 }]),
      { text: "done" },
    ),
  });
  await world.agent.stream("go", { threadId: "t", runId: "r" });
  await world.server.settle({ advance: true });
  await expect(world.agent.resume("r", { approved: true })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining("a, b, c"),
  });
  const part = await world.agent.resume("r", { approved: true }, { toolCallId: "a" });
  expect(await part.output.ending).toMatchObject({
    status: "suspended",
    pending: [{ callId: "b" }, { callId: "c" }],
  });
  await world.agent.resume("r", { b: { decision: "reject", reason: "no" } }, { by: "ann" });
  const last = await world.agent.resume("r", { by: "hand" });
  await world.server.settle({ advance: true });
  expect(await last.output.text).toBe("done");
  const results = (await world.history()).slice(2, 5);
  expect(results).toMatchObject([
    { content: { n: 1 } },
    { content: "A person denied this call: no", isError: true },
    { content: { by: "hand" } },
  ]);
  await expect(world.agent.resume("nobody")).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(world.agent.resume("r", undefined, { threadId: "other" })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});

test("generate answers when the run has come to rest", async () => {
  const world = await refunding();
  const asked = world.agent.generate("refund", { threadId: "t", runId: "r" });
  // The run is recorded and its event sent before anybody works on it.
  while (world.server.events().length === 0) await new Promise((resolve) => setImmediate(resolve));
  await world.server.settle({ advance: true });
  expect(await asked).toMatchObject({ status: "suspended", pending: [{ callId: "r" }] });
});

test("prepare stores nothing, and its event starts the run", async () => {
  const world = await createWorld();
  const prepared = await world.agent.prepare("hi", { memory: { threadId: "t" }, runId: "r" });
  expect(prepared).toEqual({
    runId: "r",
    threadId: "t",
    messageId: prepared.event.id,
    event: {
      id: expect.stringMatching(/^perdure:start:/u),
      name: "ziro/agent.run.requested",
      data: { threadId: "t", runId: "r", prompt: "hi" },
    },
    workflowInput: prepared.event.data,
  });
  expect(await world.store.runs.get("r")).toBeUndefined();
  await world.server.send(prepared.event as never);
  await world.server.settle({ advance: true });
  expect(await (await world.agent.observe("r")).output.text).toBe("hello");
});
