import { expect, test } from "vitest";
import { useAgentRoutes } from "../../src/use-agent/index.ts";
import { createSite, refundCall, sending } from "./site.ts";

test("a message starts a run on a thread that is made with it, and the history gives back its id and its state", async () => {
  const site = await createSite({ answers: ["hello, Ada"] });
  const state = { page: "/billing", tab: 2 };
  const sent = await site.ask("ada", "POST", "/api/chat", sending("t", "hi", { state }));
  expect(sent).toMatchObject({ status: 200, body: { success: true, threadId: "t" } });
  await site.settle();
  const { status, body } = await site.ask("ada", "GET", "/api/threads/t");
  expect(status).toBe(200);
  expect(body).toMatchObject({
    thread: { id: "t", title: "hi", messageCount: 2 },
    messages: [
      { message_id: "m-hi", type: "user", content: "hi", clientState: state },
      {
        type: "agent",
        agentName: "desk",
        data: {
          output: [{ type: "text", role: "assistant", content: "hello, Ada", stop_reason: "stop" }],
        },
      },
    ],
  });
});

test("a message that is sent again starts nothing, whatever it says by now", async () => {
  const asked: unknown[] = [];
  const site = await createSite({
    model({ messages }) {
      asked.push(messages.at(-1)?.content);
      return { text: "ok" };
    },
  });
  const message = sending("t", "hi", { id: "m1" });
  const first = await site.ask("ada", "POST", "/api/chat", message);
  const again = await site.ask("ada", "POST", "/api/chat", message);
  await site.settle();
  const late = await site.ask("ada", "POST", "/api/chat", sending("t", "changed", { id: "m1" }));
  await site.settle();
  expect([again, late]).toEqual([first, first]);
  expect(asked).toEqual(["hi"]);
  expect(await site.history("t")).toHaveLength(2);
});

test("what is kept beside a message is shown to no model", async () => {
  const seen: unknown[] = [];
  const site = await createSite({
    model({ messages }) {
      seen.push(...messages);
      return { text: "ok" };
    },
  });
  const { body } = await site.ask(
    "ada",
    "POST",
    "/api/chat",
    sending("t", "hi", { state: { secret: 1 } }),
  );
  await site.settle();
  const { run } = await site.status((body as { runId: string }).runId);
  expect(run.input).toMatchObject({ messages: [{ role: "user", content: "hi" }] });
  expect(JSON.stringify(run.input)).not.toContain("secret");
  expect(seen).toHaveLength(1);
});

test("threads are listed by cursor and by offset, the last active one first, each once", async () => {
  const site = await createSite();
  for (let nth = 0; nth < 5; nth++)
    await site.ask("ada", "POST", "/api/threads", {
      userId: "x",
      channelKey: "y",
      title: `no ${nth}`,
    });
  await site.ask("bob", "POST", "/api/threads", { title: "of bob" });
  interface Listed {
    readonly threads: readonly { readonly id: string; readonly title: string }[];
    readonly hasMore: boolean;
    readonly nextCursorTimestamp?: string;
    readonly nextCursorId?: string;
  }
  const list = async (query: string) =>
    (await site.ask("ada", "GET", `/api/threads?${query}`)).body as Listed;
  const all = (await list("limit=20&offset=0&userId=bob")).threads.map(({ title }) => title);
  expect(all.toSorted()).toEqual(["no 0", "no 1", "no 2", "no 3", "no 4"]);
  const byOffset: string[] = [];
  for (let offset = 0; offset < 5; offset += 2)
    byOffset.push(...(await list(`limit=2&offset=${offset}`)).threads.map(({ title }) => title));
  expect(byOffset).toEqual(all);
  const byCursor: string[] = [];
  for (let query: string | undefined = "limit=2"; query !== undefined; ) {
    const page: Listed = await list(query);
    byCursor.push(...page.threads.map(({ title }) => title));
    expect(page.hasMore).toBe(page.nextCursorId !== undefined);
    query =
      page.nextCursorId === undefined
        ? undefined
        : `limit=2&cursorTimestamp=${page.nextCursorTimestamp}&cursorId=${page.nextCursorId}`;
  }
  expect(byCursor).toEqual(all);
  expect(await list("limit=5&offset=50")).toMatchObject({ threads: [], hasMore: false });
});

test("a call is approved by its own id, and the same word again is no error", async () => {
  const site = await createSite({ answers: [refundCall("o1"), "done"] });
  await site.ask("ada", "POST", "/api/chat", sending("t", "refund"));
  await site.settle();
  const approve = { toolCallId: "call_1", threadId: "t", action: "approve" };
  expect(await site.ask("ada", "POST", "/api/approve-tool", approve)).toMatchObject({
    status: 200,
  });
  expect(await site.ask("ada", "POST", "/api/approve-tool", approve)).toMatchObject({
    status: 200,
  });
  const denied = await site.ask("ada", "POST", "/api/approve-tool", { ...approve, action: "deny" });
  expect(denied).toEqual({ status: 409, body: { error: { message: "It is approved already." } } });
  await site.settle();
  expect(site.refunds).toEqual(["o1"]);
  const { body } = await site.ask("ada", "GET", "/api/threads/t");
  expect((body as { messages: unknown[] }).messages).toMatchObject([
    { type: "user" },
    {
      data: {
        output: [
          { type: "tool_call", tools: [{ id: "call_1", name: "refund", input: { order: "o1" } }] },
          { type: "tool_result", tool: { id: "call_1" }, content: { data: "refunded o1" } },
          { type: "text", content: "done" },
        ],
      },
    },
  ]);
});

test("a call is denied by the id of its approval, with who said so and why", async () => {
  const site = await createSite({ answers: [refundCall("o1"), "as you wish"] });
  await site.ask("ada", "POST", "/api/chat", sending("t", "refund"));
  await site.settle();
  const [pending] = await site.store.approvals.pending("t");
  const toolCallId = pending?.id ?? "";
  const deny = { toolCallId, threadId: "t", action: "deny", reason: "too much" };
  expect(await site.ask("ada", "POST", "/api/approve-tool", deny)).toMatchObject({ status: 200 });
  await site.settle();
  expect(await site.ask("ada", "POST", "/api/approve-tool", deny)).toMatchObject({ status: 200 });
  expect(site.refunds).toEqual([]);
  expect(await site.store.approvals.get("t", toolCallId)).toMatchObject({
    status: "denied",
    by: "ada",
    decision: { kind: "deny", reason: "too much" },
  });
});

test("cancel ends the thread's run, and nothing where none has it; delete ends both", async () => {
  const site = await createSite({ answers: [refundCall("o1"), refundCall("o2", "call_2")] });
  const { body } = await site.ask("ada", "POST", "/api/chat", sending("t", "one"));
  await site.settle();
  const { runId } = body as { runId: string };
  const ended = await site.ask("ada", "POST", "/api/chat/cancel", { threadId: "t" });
  expect(ended).toEqual({ status: 200, body: { success: true, runId } });
  expect((await site.status(runId)).run.status).toBe("cancelled");
  const again = await site.ask("ada", "POST", "/api/chat/cancel", { threadId: "t" });
  expect(again).toEqual({ status: 200, body: { success: true } });
  await site.ask("ada", "POST", "/api/chat", sending("t", "two"));
  await site.settle();
  expect(await site.ask("ada", "DELETE", "/api/threads/t")).toEqual({
    status: 204,
    body: undefined,
  });
  await site.settle();
  expect(await site.ask("ada", "GET", "/api/threads/t")).toMatchObject({ status: 404 });
  expect(site.refunds).toEqual([]);
});

test("routes refuse options that they do not know, and none without identify", async () => {
  const { agent, store } = await createSite();
  const options = { agent, store, identify: () => ({ user: "ada" }) };
  for (const [wrong, message] of [
    [{ ...options, identify: undefined }, /identify/],
    [{ ...options, store: undefined }, /store/],
    [{ ...options, store: Promise.resolve(store) }, /store/],
    [{ ...options, agent: agent.agent }, /what createInngestAgent returned/],
    [{ ...options, user: "ada" }, /no option user/],
    [{ ...options, basePath: "api/" }, /basePath/],
    [{ ...options, historyLimit: 0 }, /historyLimit/],
  ] as const)
    expect(() => useAgentRoutes(wrong as never)).toThrow(message);
});
