import type { RunChunk } from "@perdure/inngest-bridge";
import { createUIMessageStreamResponse, readUIMessageStream, tool, type UIMessageChunk } from "ai";
import { expect, test } from "vitest";
import { z } from "zod";
import { aiSdkAgent, currentCall, toUIMessageStream } from "../../src/ai-sdk/index.ts";
import { createWorld, type World } from "../world.ts";
import { call, stub, text } from "./stub.ts";

async function chunksOf(stream: ReadableStream<UIMessageChunk>): Promise<UIMessageChunk[]> {
  const all: UIMessageChunk[] = [];
  for await (const chunk of stream) all.push(chunk);
  return all;
}

/** The message that the SDK's own reader makes of it. */
async function messageOf(stream: ReadableStream<UIMessageChunk>): Promise<unknown> {
  let last: unknown;
  for await (const message of readUIMessageStream({ stream, terminateOnError: true }))
    last = message;
  return last;
}

async function shown(world: World, runId: string, offset = 0) {
  return toUIMessageStream((await world.agent.observe(runId)).fullStream, { offset });
}

function said(event: string, data: object): RunChunk {
  return { event, data, timestamp: 0, sequenceNumber: 0, id: "r:0:0" } as unknown as RunChunk;
}

async function desk(): Promise<World> {
  const { model } = stub([
    [text("Let me see."), call("c1", "look", { n: 1 }), call("c2", "refund", { order: "7" })],
    [text("Refunded.")],
  ]);
  const look = tool({
    inputSchema: z.object({ n: z.number() }),
    execute() {
      currentCall()?.stream("half ");
      return "half done";
    },
  });
  const refund = tool({
    inputSchema: z.object({ order: z.string() }),
    needsApproval: true,
    execute: () => ({ paid: true }),
  });
  return createWorld({ agent: aiSdkAgent({ name: "a", model, tools: { look, refund } }) });
}

test("a run is a message of the SDK's UI: it waits for a person, and then is whole", async () => {
  const world = await desk();
  const runId = await world.run("Refund order 7");
  const { pending } = await world.status(runId);
  const approvalId = pending[0]?.id ?? "";
  const looked = { type: "tool-look", toolCallId: "c1", input: { n: 1 }, output: "half done" };
  expect(await messageOf(await shown(world, runId))).toMatchObject({
    id: runId,
    role: "assistant",
    parts: [
      { type: "step-start" },
      { type: "text", text: "Let me see.", state: "done" },
      { ...looked, state: "output-available" },
      {
        type: "tool-refund",
        toolCallId: "c2",
        state: "approval-requested",
        approval: { id: approvalId },
      },
    ],
  });
  const seen = await chunksOf(await shown(world, runId));
  expect(seen.slice(-2)).toEqual([
    { type: "finish-step" },
    { type: "finish", finishReason: "tool-calls" },
  ]);
  await world.agent.approve({ threadId: "t", approvalId, by: "dana" });
  await world.settle();
  expect(await messageOf(await shown(world, runId))).toMatchObject({
    id: runId,
    parts: [
      { type: "step-start" },
      { type: "text", text: "Let me see." },
      looked,
      { type: "tool-refund", state: "output-available", output: { paid: true } },
      { type: "step-start" },
      { type: "text", text: "Refunded.", state: "done" },
    ],
  });
  const all = await chunksOf(await shown(world, runId));
  const before = seen.slice(0, -2);
  expect(all.slice(0, before.length)).toEqual(before);
  expect(await chunksOf(await shown(world, runId, before.length))).toEqual(
    all.slice(before.length),
  );
  const response = createUIMessageStreamResponse({ stream: await shown(world, runId) });
  const events = (await response.text()).trim().split("\n\n");
  expect(
    events.slice(0, -1).map((line) => JSON.parse(line.replace("data: ", "")) as unknown),
  ).toEqual(all);
});

test("a call that a person has denied is one that failed, with the reason", async () => {
  const world = await desk();
  const runId = await world.run("Refund order 7");
  const approvalId = (await world.status(runId)).pending[0]?.id ?? "";
  await world.agent.deny({ threadId: "t", approvalId, by: "dana", reason: "too much" });
  await world.settle();
  expect(await messageOf(await shown(world, runId))).toMatchObject({
    parts: expect.arrayContaining([
      expect.objectContaining({
        toolCallId: "c2",
        state: "output-error",
        errorText: expect.stringContaining("too much"),
      }),
    ]),
  });
});

test("what counts no more is taken back, and the rest of its step stays", async () => {
  const named = { runId: "r", messageId: "r:1" };
  const part = (partId: string) => ({ ...named, partId, type: "text" as const });
  const chunks = [
    said("part.created", part("1:other")),
    said("text.delta", { ...part("1:other"), delta: "Kept." }),
    said("part.created", part("1:text")),
    said("text.delta", { ...part("1:text"), delta: "Wrong" }),
    said("part.failed", { ...part("1:text"), error: "cut", recoverable: true }),
    said("part.created", part("1:text~2")),
    said("text.delta", { ...part("1:text~2"), delta: "Right." }),
    said("part.completed", { ...part("1:text~2"), finalContent: "Right." }),
    said("part.completed", { ...part("1:other"), finalContent: "Kept." }),
  ];
  const stream = toUIMessageStream(ReadableStream.from(chunks));
  expect(await messageOf(stream)).toMatchObject({
    id: "r",
    parts: [{ type: "step-start" }, { text: "Kept." }, { text: "Right." }],
  });
});

test("a tool that failed and a run that failed say so", async () => {
  const { model } = stub([[call("c1", "look", {})], [text("No.")]]);
  const look = tool({
    inputSchema: z.object({}),
    execute(): string {
      throw new Error("It is closed.");
    },
  });
  const world = await createWorld({ agent: aiSdkAgent({ name: "a", model, tools: { look } }) });
  const runId = await world.run("Look");
  expect(await messageOf(await shown(world, runId))).toMatchObject({
    parts: [
      { type: "step-start" },
      { state: "output-error", errorText: expect.stringContaining("It is closed.") },
      { type: "step-start" },
      { text: "No." },
    ],
  });
  const broken = stub([]);
  const other = await createWorld({ agent: aiSdkAgent({ name: "a", model: broken.model }) });
  const failed = await other.run("Look");
  const last = (await chunksOf(await shown(other, failed))).slice(-2);
  expect(last).toEqual([
    { type: "error", errorText: expect.stringContaining("no turn 1") },
    { type: "finish", finishReason: "error" },
  ]);
});

test.each([-1, 0.5, Number.NaN])("refuses the offset %s", (offset) => {
  expect(() => toUIMessageStream(new ReadableStream(), { offset })).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT" }),
  );
});
