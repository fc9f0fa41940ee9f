import { expect, test } from "vitest";
import { type ModelStream, type Publisher, type RunEvent, streamOf } from "../../src/index.ts";
import { testEverywhere } from "../bridge/everywhere.ts";
import { calls, createWorld, recorder, turns, type World } from "../bridge/world.ts";

async function published({ store }: Pick<World, "store">, runId: string): Promise<RunEvent[]> {
  const { events } = await store.streams.read<RunEvent>(streamOf(runId), 0, 500);
  return events.map(({ value }) => value);
}

const names = (events: readonly RunEvent[]): readonly string[] => events.map(({ event }) => event);

function say(stream: ModelStream | undefined, ...texts: readonly string[]): void {
  for (const text of texts) stream?.text(text);
}

testEverywhere("publishes what a run does, each thing once", async (where) => {
  const world = await createWorld({
    ...where,
    tools: { work: recorder(() => ({ n: 2 })) },
    model: turns(
      ({ stream }) => {
        stream?.toolCall({ id: "c", name: "work" }, '{"n":');
        stream?.toolCall({ id: "c", name: "work" }, "1}");
        return calls(["c", "work", { n: 1 }]);
      },
      ({ stream }) => {
        say(stream, "do", "ne");
        return { text: "done" };
      },
    ),
  });
  await world.send({ threadId: "t", prompt: "go" }, "e1");
  const events = await published(world, "run-e1");
  expect(names(events)).toEqual([
    "run.started",
    "part.created",
    "tool_call.arguments.delta",
    "part.completed",
    "step.completed",
    "part.completed",
    "step.completed",
    "part.created",
    "text.delta",
    "part.completed",
    "step.completed",
    "run.completed",
    "stream.ended",
  ]);
  expect(events[2]?.data).toEqual({
    partId: "1:call:c",
    messageId: "run-e1:1",
    delta: '{"n":1}',
    toolName: "work",
  });
  expect(events[5]?.data).toEqual({
    partId: "1:output:c",
    runId: "run-e1",
    messageId: "run-e1:1",
    type: "tool-output",
    metadata: { toolName: "work", callId: "c" },
    finalContent: { n: 2 },
  });
  expect(events[11]?.data).toMatchObject({
    runId: "run-e1",
    threadId: "t",
    result: { response: "done", iterations: 2, status: "completed" },
  });
  expect(await world.store.streams.get(streamOf("run-e1"))).toMatchObject({
    threadId: "t",
    ended: true,
    expiresAt: expect.any(Date),
  });
});

test("a tool says what it gives as it goes", async () => {
  const world = await createWorld({
    tools: {
      work: recorder(undefined, {
        execute: (_input, { stream }) => {
          stream("half ");
          stream("way");
          return "done";
        },
      }),
    },
    model: turns(calls(["c", "work", {}]), { text: "" }),
  });
  await world.send({ threadId: "t", prompt: "go" }, "e1");
  const output = (await published(world, "run-e1")).find(
    ({ event }) => event === "tool_call.output.delta",
  );
  expect(output?.data).toEqual({
    partId: "1:output:c",
    messageId: "run-e1:1",
    delta: "half way",
  });
});

test("a step that is tried again tags what it says with its attempt, and what is stored has none", async () => {
  const world = await createWorld({
    model: ({ stream }) => {
      say(stream, "hel", "lo");
      if (world.asked.length === 1) throw new Error("broken off");
      return { text: "hello" };
    },
  });
  await world.send({ threadId: "t", prompt: "go" }, "e1");
  const events = await published(world, "run-e1");
  const said = events.filter(({ event }) => event === "text.delta");
  expect(said.map(({ data }) => (data as { readonly delta: string }).delta)).toEqual([
    "hello",
    "hello",
  ]);
  expect(new Set(said.map(({ attempt }) => attempt)).size).toBe(2);
  expect(events.filter(({ attempt }) => attempt === undefined).map(({ event }) => event)).toEqual([
    "run.started",
    "part.completed",
    "step.completed",
    "run.completed",
    "stream.ended",
  ]);
});

test("a run that waits, goes on and is cancelled says so", async () => {
  const world = await createWorld({
    tools: { refund: recorder(() => "ok", { requiresApproval: true }) },
    model: turns(calls(["a", "refund", { n: 1 }]), calls(["b", "refund", { n: 2 }])),
  });
  await world.send({ threadId: "t", prompt: "go" }, "e1");
  await world.agent.approve({ threadId: "t", callId: "a" });
  await world.server.settle({ advance: true });
  await world.agent.cancel({ runId: "run-e1", reason: "enough" });
  const events = await published(world, "run-e1");
  expect(names(events).filter((name) => /^(run|stream)/u.test(name))).toEqual([
    "run.started",
    "run.suspended",
    "run.resumed",
    "run.suspended",
    "run.interrupted",
    "stream.ended",
  ]);
  const asked = events.filter(({ event }) => event === "run.suspended");
  expect(asked.map(({ data }) => data)).toMatchObject([
    { toolCalls: [{ callId: "a", toolName: "refund", toolInput: { n: 1 } }] },
    { toolCalls: [{ callId: "b", toolName: "refund", toolInput: { n: 2 } }] },
  ]);
  expect(events.at(-2)?.data).toMatchObject({ reason: "user_cancellation", message: "enough" });
});

test("a run that fails says so, and its stream goes on with the retry", async () => {
  const world = await createWorld({
    tools: { work: recorder() },
    model: turns(calls(["c", "work", {}]), () => {
      if (world.asked.length <= 5) throw new Error("down");
      return { text: "up" };
    }),
  });
  await world.send({ threadId: "t", prompt: "go" }, "e1");
  const retry = (await world.agent.status({ runId: "run-e1" }))?.run.revision ?? 0;
  await world.agent.resume({ runId: "run-e1", retry });
  await world.server.settle({ advance: true });
  const events = await published(world, "run-e1");
  expect(names(events)).toEqual([
    "run.started",
    "part.completed",
    "step.completed",
    "part.completed",
    "step.completed",
    "run.failed",
    "run.resumed",
    "part.completed",
    "step.completed",
    "run.completed",
    "stream.ended",
  ]);
  expect(events[5]?.data).toMatchObject({ error: "Error: down", recoverable: true });
});

test("a publisher that fails, or none at all, changes nothing of the run", async () => {
  const broken: Publisher = {
    publish: async () => {
      throw new Error("nobody there");
    },
  };
  for (const publishers of [[broken], []]) {
    const asked: boolean[] = [];
    const world = await createWorld({
      agent: { publishers },
      model: ({ stream }) => {
        asked.push(stream !== undefined);
        say(stream, "hello");
        return { text: "hello" };
      },
    });
    await world.send({ threadId: "t", prompt: "go" }, "e1");
    expect(world.report()).toMatchObject({ status: "completed", output: { response: "hello" } });
    expect(asked).toEqual([publishers.length > 0]);
    expect(await world.store.streams.get(streamOf("run-e1"))).toBeUndefined();
  }
});
