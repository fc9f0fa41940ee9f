import { Inngest } from "inngest";
import { expect, test } from "vitest";
import { type AgentKitChunk, AgentKitChunks } from "../../src/use-agent/index.ts";
import { useAgentPublisher, userChannel } from "../../src/use-agent/realtime.ts";
import { createSite, refundCall, sending } from "./site.ts";

/** What a reader is told, in a few words. */
function words(chunks: readonly AgentKitChunk[]): readonly string[] {
  return chunks.map(({ event, data }) => {
    const { partId, delta, toolCalls } = data as {
      partId?: string;
      delta?: string;
      toolCalls?: { partId: string }[];
    };
    return [event, partId ?? toolCalls?.[0]?.partId, delta]
      .filter((part) => part !== undefined)
      .join(" ");
  });
}

const ASKED = [
  "run.started",
  "part.created call_1",
  'tool_call.arguments.delta call_1 {"order":"o1"}',
  "part.completed call_1",
  "hitl.requested call_1",
  "stream.ended",
];
const DONE = [
  "run.started",
  "tool_call.output.delta call_1 refunded o1",
  "part.completed call_1",
  "part.created 2:text",
  "text.delta 2:text done",
  "part.completed 2:text",
  "run.completed",
  "stream.ended",
];

test("a run is told in AgentKit's words, without a gap, to each reader the same, and on from where one was", async () => {
  const site = await createSite({ answers: [refundCall("o1"), "done"] });
  const { body } = await site.ask("ada", "POST", "/api/chat", sending("t", "refund"));
  const { runId } = body as { runId: string };
  await site.settle();
  const asked = await site.events("ada", "t");
  expect(words(asked)).toEqual(ASKED);
  const id = asked[4]?.data["requestId"];
  expect(await site.store.approvals.get("t", id as string)).toMatchObject({
    status: "pending",
    runId,
  });
  const behind = `?run=${runId}&after=${asked.at(-1)?.sequenceNumber}`;
  expect(await site.events("ada", "t", behind)).toEqual([]);
  await site.ask("ada", "POST", "/api/approve-tool", {
    toolCallId: id,
    threadId: "t",
    action: "approve",
  });
  const [rest] = await Promise.all([site.events("ada", "t", behind), site.settle()]);
  expect(words(rest)).toEqual(DONE);
  const all = await site.events("ada", "t", `?run=${runId}`);
  expect(all).toEqual([...asked, ...rest]);
  const first = all[0]?.sequenceNumber ?? Number.NaN;
  expect(all.map(({ sequenceNumber }) => sequenceNumber)).toEqual(all.map((_, nth) => first + nth));
  expect(new Set(all.map((chunk) => chunk.id)).size).toBe(all.length);
  expect(all.every(({ data }) => data["threadId"] === "t" && data["runId"] === runId)).toBe(true);
  expect(await site.events("ada", "t")).toEqual([]);
});

test("a reader hears the runs of a thread one after the other, and is let go when it rests", async () => {
  const site = await createSite({ answers: ["one", "two"] });
  await site.ask("ada", "POST", "/api/chat", sending("t", "first"));
  await site.ask("ada", "POST", "/api/chat", sending("t", "second"));
  const [heard] = await Promise.all([site.events("ada", "t"), site.settle()]);
  expect(words(heard).filter((word) => word.startsWith("text.delta"))).toEqual([
    "text.delta 1:text one",
    "text.delta 1:text two",
  ]);
  const [first, second, ...more] = heard.filter(({ event }) => event === "run.started");
  expect(more).toEqual([]);
  const before = heard.filter((_, nth) => nth < heard.findIndex((one) => one === second));
  expect(first).toBe(heard[0]);
  expect(second?.sequenceNumber).toBeGreaterThan(before.at(-1)?.sequenceNumber ?? Number.NaN);
});

test("a run that fails or is cancelled lets the client go on", async () => {
  const failing = await createSite({
    model() {
      throw new Error("The provider is gone.");
    },
  });
  const { body } = await failing.ask("ada", "POST", "/api/chat", sending("t", "hi"));
  await failing.settle();
  const { runId } = body as { runId: string };
  expect(words(await failing.events("ada", "t", `?run=${runId}`))).toEqual([
    "run.started",
    "run.failed",
    "stream.ended",
  ]);
  const waiting = await createSite({ answers: [refundCall("o1")] });
  const { body: sent } = await waiting.ask("ada", "POST", "/api/chat", sending("t", "hi"));
  await waiting.settle();
  await waiting.ask("ada", "POST", "/api/chat/cancel", { threadId: "t" });
  const { runId: cancelled } = sent as { runId: string };
  const told = await waiting.events("ada", "t", `?run=${cancelled}`);
  expect(words(told).slice(ASKED.length)).toEqual(["run.interrupted", "stream.ended"]);
});

test("how a run came out that was never told is numbered the same by each reader", () => {
  for (const timestamp of [1, 2]) {
    const told = new AgentKitChunks({ runId: "r", threadId: "t" });
    const chunk = { event: "run.completed", data: { runId: "r", revision: 7 }, timestamp };
    expect(told.take(chunk as never).map(({ id }) => id)).toEqual(["r:0", "r:1"]);
  }
});

test("the answer that is under way is marked in the history: its events tell it again", async () => {
  const site = await createSite({
    answers: ["earlier", refundCall("o1"), refundCall("o2", "call_2")],
  });
  await site.ask("ada", "POST", "/api/chat", sending("t", "first"));
  await site.settle();
  const { body } = await site.ask("ada", "POST", "/api/chat", sending("t", "second"));
  await site.settle();
  await site.ask("ada", "POST", "/api/approve-tool", {
    toolCallId: "call_1",
    threadId: "t",
    action: "approve",
  });
  await site.settle();
  const { body: read } = await site.ask("ada", "GET", "/api/threads/t");
  const { messages } = read as { messages: { type: string; live?: boolean; runId?: string }[] };
  expect(messages.map(({ type, live }) => [type, live])).toEqual([
    ["user", undefined],
    ["agent", undefined],
    ["user", true],
    ["agent", true],
  ]);
  expect(messages[2]?.runId).toBe((body as { runId: string }).runId);
});

test("over Inngest Realtime the owner's channel gets the same events, once each where every process lives", async () => {
  const sent: { readonly channel: string | null; readonly data: AgentKitChunk }[] = [];
  const inngest = new Inngest({
    id: "app",
    isDev: true,
    async fetch(input, init) {
      const { searchParams, pathname } = new URL(input instanceof Request ? input.url : input);
      if (pathname.endsWith("/token")) return Response.json({ jwt: "token" }, { status: 201 });
      sent.push({
        channel: searchParams.get("channel"),
        data: JSON.parse(init?.body as string) as AgentKitChunk,
      });
      return new Response("{}");
    },
  });
  const site = await createSite({
    answers: [refundCall("o1"), "done"],
    options: { publishers: [useAgentPublisher(inngest)] },
    routes: { realtime: inngest },
  });
  const { body } = await site.ask("ada", "POST", "/api/chat", sending("t", "refund"));
  await site.settle();
  await site.ask("ada", "POST", "/api/approve-tool", {
    toolCallId: "call_1",
    threadId: "t",
    action: "approve",
  });
  await site.settle();
  const { runId } = body as { runId: string };
  expect(sent.map(({ data }) => data)).toEqual(await site.events("ada", "t", `?run=${runId}`));
  const { name } = userChannel({ user: "ada" });
  expect(new Set(sent.map(({ channel }) => channel))).toEqual(new Set([name]));
  const asked = { userId: "bob", threadId: "t", channelKey: "bob" };
  const { body: token } = await site.ask("ada", "POST", "/api/realtime/token", asked);
  const apiBaseUrl = "http://localhost:8288/";
  const at = { apiBaseUrl, app: { apiBaseUrl } };
  expect(token).toEqual({ channel: name, topics: ["agent_stream"], key: "token", ...at });
  expect(userChannel({ user: "ada", tenant: "x" }).name).not.toBe(name);
});
