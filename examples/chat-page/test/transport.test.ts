import { DefaultHttpTransport } from "@inngest/use-agent";
import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Site, startSite } from "../src/site.ts";
import { gatedModel } from "./model.ts";

let site: Site;

beforeAll(async () => {
  const store = createStore({ backend: memoryBackend() });
  site = await startSite({ store, model: gatedModel().ask });
});
afterAll(async () => site[Symbol.asyncDispose]());

interface Token {
  readonly channel: string;
}

/** The package's own transport, of somebody; of nobody without a user. */
function transportOf(user?: string): DefaultHttpTransport {
  const cookie = user === undefined ? {} : { cookie: `session=${site.signIn(user)}` };
  const headers = { "Content-Type": "application/json", ...cookie };
  return new DefaultHttpTransport({ baseURL: site.url, headers });
}

test("the package's own transport reads every answer", async () => {
  const transport = transportOf("ada");
  const { threadId, title } = await transport.createThread({ userId: "ada", title: "Mine" });
  expect(title).toBe("Mine");
  const userMessage = { id: "m1", content: "hi", role: "user", state: { tab: 1 } } as const;
  const sent = await transport.sendMessage({ userMessage, threadId, history: [], userId: "ada" });
  expect(sent).toMatchObject({ success: true, threadId });
  const page = await transport.fetchThreads({ userId: "ada", limit: 10 });
  expect(page).toMatchObject({ hasMore: false, threads: [{ id: threadId, title: "Mine" }] });
  await transport.cancelMessage({ threadId });
  const rows = await transport.fetchHistory({ threadId });
  expect(rows[0]).toMatchObject({ message_id: "m1", content: "hi", clientState: { tab: 1 } });
  await transport.deleteThread({ threadId });
  expect(await transport.fetchThreads({ userId: "ada" })).toMatchObject({ threads: [] });
});

test("the package's own transport reads why it is refused", async () => {
  const { threadId } = await transportOf("ada").createThread({});
  await expect(transportOf().fetchThreads({})).rejects.toThrow("Sign in first.");
  const bob = transportOf("bob");
  const none = "There is no such thread.";
  await expect(bob.fetchHistory({ threadId })).rejects.toThrow(none);
  await expect(bob.deleteThread({ threadId })).rejects.toThrow(none);
  await expect(bob.cancelMessage({ threadId })).rejects.toThrow(none);
  const decision = { toolCallId: "c", threadId, action: "approve" } as const;
  await expect(bob.approveToolCall(decision)).rejects.toThrow(none);
});

test("a token is for the channel of who asks, whatever the request names, and says where it is good for", async () => {
  await expect(transportOf().getRealtimeToken({})).rejects.toThrow("Sign in first.");
  const [ada, again, bob] = await Promise.all([
    transportOf("ada").getRealtimeToken({ userId: "ada" }),
    transportOf("ada").getRealtimeToken({ channelKey: "bob" }),
    transportOf("bob").getRealtimeToken({ userId: "ada", channelKey: "ada" }),
  ]);
  const at = expect.stringContaining("http://127.0.0.1:") as string;
  expect(ada).toMatchObject({ topics: ["agent_stream"], app: { apiBaseUrl: at } });
  expect(again).toMatchObject({ channel: (ada as Token).channel });
  expect((bob as Token).channel).not.toBe((ada as Token).channel);
});
