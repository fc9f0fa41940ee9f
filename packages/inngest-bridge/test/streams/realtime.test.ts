import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { Inngest } from "inngest";
import { expect, test } from "vitest";
import {
  type RealtimeEvents,
  realtimePublisher,
  type RunEvent,
  runChannel,
  storePublisher,
} from "../../src/index.ts";
import { createWorld } from "../bridge/world.ts";

/** A client whose publications are kept. */
function publishing(): {
  readonly inngest: Inngest;
  readonly sent: {
    readonly channel: string | null;
    readonly topic: string | null;
    readonly data: RealtimeEvents;
  }[];
} {
  const sent: ReturnType<typeof publishing>["sent"] = [];
  const inngest = new Inngest({
    id: "app",
    isDev: true,
    async fetch(input, init) {
      const { searchParams, pathname } = new URL(input instanceof Request ? input.url : input);
      expect(pathname).toBe("/v1/realtime/publish");
      const data = JSON.parse(init?.body as string) as RealtimeEvents;
      sent.push({ channel: searchParams.get("channel"), topic: searchParams.get("topic"), data });
      return new Response("{}");
    },
  });
  return { inngest, sent };
}

test("what goes into the store's stream goes over Inngest Realtime too", async () => {
  const { inngest, sent } = publishing();
  const world = await createWorld({
    agent: { publishers: [storePublisher(), realtimePublisher(inngest)] },
    model: ({ stream }) => {
      stream?.text("hello");
      return { text: "hello" };
    },
  });
  const { output } = await world.agent.stream("hi", { threadId: "t", runId: "r" });
  await world.server.settle({ advance: true });
  expect(await output.text).toBe("hello");
  expect(sent.flatMap(({ data }) => data.events.map(({ event }) => event))).toEqual([
    "run.started",
    "part.created",
    "text.delta",
    "part.completed",
    "step.completed",
    "run.completed",
    "stream.ended",
  ]);
  expect(new Set(sent.map(({ channel, topic }) => `${channel} ${topic}`))).toEqual(
    new Set([`${runChannel("r").name} events`]),
  );
  expect(runChannel("r", { tenant: "a" }).name).not.toBe(runChannel("r").name);
});

function said(name: string, size: number): RunEvent {
  const data = { partId: name, messageId: "m", delta: "x".repeat(size) };
  return { event: "text.delta", data, timestamp: 1 };
}

test("messages stay below what Inngest cuts, and what none holds is left out", async () => {
  const { inngest, sent } = publishing();
  const store = createStore({ backend: memoryBackend() });
  const events = [said("a", 300_000), said("b", 300_000), said("c", 500_000), said("d", 10)];
  const run = { store, threadId: "t", runId: "r", life: 1 };
  await realtimePublisher(inngest).publish(run, events, { operationId: "o" });
  const parts = sent.map(({ data: { name, events: some } }) => ({
    name,
    parts: some.map((event) => "partId" in event.data && event.data.partId),
  }));
  expect(parts).toEqual([
    { name: "o", parts: ["a"] },
    { name: "o:1", parts: ["b", "d"] },
  ]);
});
