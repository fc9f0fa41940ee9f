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

/** Each call of the transport that names a thread. */
const onThread: Readonly<
  Record<string, (by: DefaultHttpTransport, threadId: string) => Promise<unknown>>
> = {
  sendMessage: async (by, threadId) => by.sendMessage({ ...message("m2"), threadId }),
  fetchHistory: async (by, threadId) => by.fetchHistory({ threadId }),
  cancelMessage: async (by, threadId) => by.cancelMessage({ threadId }),
  approveToolCall: async (by, threadId) =>
    by.approveToolCall({ toolCallId: "call_1", threadId, action: "approve" }),
  deleteThread: async (by, threadId) => by.deleteThread({ threadId }),
};

const others: typeof onThread = {
  fetchThreads: async (by) => by.fetchThreads({}),
  createThread: async (by) => by.createThread({}),
  getRealtimeToken: async (by) => by.getRealtimeToken({}),
};

function message(id: string, content = "hi") {
  const role = "user" as const;
  return { userMessage: { id, content, role }, history: [], userId: "ada" };
}

test.each(Object.entries({ ...onThread, ...others }))(
  "%s of nobody is refused, and says so",
  async (_, call) => {
    await expect(call(transportOf(), "t")).rejects.toThrow("Sign in first.");
  },
);

test.each(Object.entries(onThread))(
  "%s on a thread of somebody else is refused as if there were none, and says so",
  async (_, call) => {
    const ada = transportOf("ada");
    const { threadId } = await ada.createThread({});
    const refused = call(transportOf("bob"), threadId);
    await expect(refused).rejects.toThrow("There is no such thread.");
    expect(await ada.fetchHistory({ threadId })).toEqual([]);
  },
);

test("a decision that comes second, and a message that cannot be kept, are refused in words", async () => {
  const ada = transportOf("ada");
  const threadId = crypto.randomUUID();
  await ada.sendMessage({ ...message(`m-${threadId}`, "refund 9"), threadId });
  const decision = { toolCallId: "call_1", threadId };
  await expect
    .poll(async () => ada.approveToolCall({ ...decision, action: "deny" }).catch(String))
    .toBeUndefined();
  const approved = ada.approveToolCall({ ...decision, action: "approve" });
  await expect(approved).rejects.toThrow("It is denied already.");
  const large = ada.sendMessage({ ...message("m3", "x".repeat(100_001)), threadId });
  await expect(large).rejects.toThrow("content is over 100000 characters.");
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
