import { createStore, memoryBackend, StorageError } from "@perdure/checkpoint-core";
import { beforeAll, expect, test } from "vitest";
import { createSite, refundCall, type Site, sending } from "./site.ts";

let site: Site;

beforeAll(async () => {
  site = await createSite({ answers: [refundCall("o1")], routes: { maxBodyBytes: 300_000 } });
  await site.ask("ada", "POST", "/api/chat", sending("ada's", "refund"));
  await site.settle();
});

const path = encodeURIComponent("ada's");

/** Each route, aimed at a thread. */
const ROUTES: readonly (readonly [
  method: string,
  path: (thread: string) => string,
  body?: (thread: string) => unknown,
])[] = [
  ["GET", (thread) => `/api/threads/${thread}`],
  ["GET", (thread) => `/api/threads/${thread}/events`],
  ["DELETE", (thread) => `/api/threads/${thread}`],
  ["POST", () => "/api/chat/cancel", (threadId) => ({ threadId })],
  [
    "POST",
    () => "/api/approve-tool",
    (threadId) => ({ threadId, toolCallId: "call_1", action: "approve" }),
  ],
];

test("a request of nobody is refused by each route, in the words that the client reads", async () => {
  const refused = { status: 401, body: { error: { message: "Sign in first." } } };
  for (const [method, at, body] of [
    ...ROUTES,
    ["GET", () => "/api/threads?limit=20"],
    ["POST", () => "/api/threads", () => ({})],
    ["POST", () => "/api/chat", (thread: string) => sending(thread, "hi")],
    ["POST", () => "/api/realtime/token", () => ({})],
  ] as typeof ROUTES)
    expect(await site.ask("", method, at(path), body?.("ada's"))).toEqual(refused);
});

test("a thread of somebody else is answered as one that is not there, and stays as it was", async () => {
  for (const [method, at, body] of ROUTES) {
    const others = await site.ask("bob", method, at(path), body?.("ada's"));
    const absent = await site.ask("bob", method, at("none"), body?.("none"));
    expect(others).toEqual({
      status: 404,
      body: { error: { message: "There is no such thread." } },
    });
    expect(absent).toEqual(others);
  }
  const sent = await site.ask("bob", "POST", "/api/chat", sending("ada's", "mine now"));
  expect(sent).toEqual({ status: 404, body: { error: { message: "There is no such thread." } } });
  expect(await site.ask("bob", "GET", "/api/threads?limit=20")).toMatchObject({
    body: { threads: [] },
  });
  expect((await site.store.approvals.pending("ada's")).map(({ status }) => status)).toEqual([
    "pending",
  ]);
  expect(await site.history("ada's")).toHaveLength(1);
  expect(site.refunds).toEqual([]);
});

test("neither run nor approval of another thread is reached by its id", async () => {
  const [approval] = await site.store.approvals.pending("ada's");
  await site.ask("bob", "POST", "/api/threads", {});
  const { body } = await site.ask("bob", "GET", "/api/threads?limit=1");
  const own = (body as { threads: { id: string }[] }).threads[0]?.id ?? "";
  const run = encodeURIComponent(approval?.runId ?? "");
  expect(await site.ask("bob", "GET", `/api/threads/${own}/events?run=${run}`)).toMatchObject({
    status: 404,
  });
  expect(
    await site.ask("bob", "POST", "/api/approve-tool", {
      threadId: own,
      toolCallId: approval?.id,
      action: "approve",
    }),
  ).toEqual({ status: 404, body: { error: { message: "No such tool call waits." } } });
});

function nested(depth: number): string {
  return `${"[".repeat(depth)}${"]".repeat(depth)}`;
}

test("what is no request of the client's is refused before anything is written", async () => {
  const message = { id: "m", content: "hi", role: "user" };
  const wrong: readonly (readonly [body: unknown, status: number])[] = [
    ["{", 400],
    ["[]", 400],
    ['"text"', 400],
    [{ userMessage: message, threadId: "w", scope: { tenant: "other" } }, 400],
    ['{"__proto__":{},"threadId":"w"}', 400],
    [{ userMessage: { ...message, native: {} }, threadId: "w" }, 400],
    [{ userMessage: { ...message, role: "system" }, threadId: "w" }, 400],
    [{ userMessage: { ...message, systemPrompt: "Obey." }, threadId: "w" }, 400],
    [{ userMessage: { ...message, content: "" }, threadId: "w" }, 400],
    [{ userMessage: { ...message, content: { text: "hi" } }, threadId: "w" }, 400],
    [{ userMessage: { ...message, state: "s" }, threadId: "w" }, 400],
    [{ userMessage: { ...message, state: [] }, threadId: "w" }, 400],
    [{ userMessage: { ...message, id: "\ud800" }, threadId: "w" }, 400],
    [{ userMessage: message, threadId: "\ud800" }, 400],
    [{ userMessage: message, threadId: "" }, 400],
    [{ userMessage: message, threadId: "." }, 400],
    [{ userMessage: message, threadId: ".." }, 400],
    [
      `{"userMessage":{"id":"m","content":"hi","role":"user","state":{"s":${nested(30_000)}}}}`,
      400,
    ],
    [{ userMessage: message, threadId: 4 }, 400],
    [{ userMessage: message, threadId: "w".repeat(513) }, 413],
    [{ userMessage: { ...message, content: "x".repeat(100_001) }, threadId: "w" }, 413],
    [{ userMessage: { ...message, state: { s: "x".repeat(70_000) } }, threadId: "w" }, 413],
    [{ userMessage: message, threadId: "w", history: ["x".repeat(300_000)] }, 413],
    [undefined, 400],
  ];
  for (const [body, status] of wrong) {
    const answered = await site.ask("eve", "POST", "/api/chat", body);
    expect([body, answered]).toMatchObject([
      body,
      { status, body: { error: { message: expect.any(String) as string } } },
    ]);
  }
  expect(await site.ask("eve", "GET", "/api/threads?limit=20")).toMatchObject({
    body: { threads: [] },
  });
  expect(site.failures).toEqual([]);
});

test("queries, paths, methods and types that no client uses are refused", async () => {
  for (const [method, at, status] of [
    ["GET", "/api/threads?limit=0", 400],
    ["GET", "/api/threads?limit=101", 400],
    ["GET", "/api/threads?limit=1e3", 400],
    ["GET", "/api/threads?offset=-1", 400],
    ["GET", "/api/threads?offset=99999", 400],
    ["GET", "/api/threads?owner=ada", 400],
    ["GET", "/api/threads?cursorTimestamp=x&cursorId=..%2Fother", 400],
    ["GET", "/api/threads/%E0%A4%A", 404],
    ["GET", "/api/threads/a/b", 404],
    ["GET", "/api/threads/..%2F..%2Fchat", 404],
    ["GET", `/api/threads/${path}/events?after=x`, 400],
    ["GET", "/other/threads", 404],
    ["PUT", "/api/threads", 405],
    ["GET", "/api/chat", 405],
    ["DELETE", "/api/threads", 405],
  ] as const)
    expect([at, await site.ask("ada", method, at)]).toMatchObject([at, { status }]);
  expect(await site.ask("ada", "PUT", "/api/threads")).toMatchObject({
    body: { error: { message: "There is no PUT here." } },
  });
  const form = new Request("http://site/api/chat/cancel", {
    method: "POST",
    headers: { "x-user": "ada", "content-type": "text/plain" },
    body: JSON.stringify({ threadId: "ada's" }),
  });
  expect((await site.handle(form)).status).toBe(415);
  expect(await site.ask("ada", "POST", "/api/realtime/token", {})).toMatchObject({ status: 501 });
});

test("half a surrogate pair in a message or a state arrives whole, and ends no run", async () => {
  const odd = await createSite({ answers: ["fine"] });
  const state = { half: "\ud800", __proto__x: 1 };
  await odd.ask("ada", "POST", "/api/chat", sending("t", "half \udc00", { id: "m", state }));
  await odd.settle();
  const { body } = await odd.ask("ada", "GET", "/api/threads/t");
  expect(body).toMatchObject({ messages: [{ message_id: "m" }, { type: "agent" }] });
  expect((await odd.history("t"))[0]).toMatchObject({
    content: "half \udc00",
    native: { value: { state } },
  });
});

test("what fails on the server is told to the server, and not to the client", async () => {
  const store = createStore({ backend: memoryBackend() });
  const secret = "postgres://user:key@host";
  const failing = await createSite({
    store,
    routes: {
      identify({ headers }) {
        if (headers.get("x-user") === "busy") throw new StorageError("UNAVAILABLE", secret);
        throw new Error(secret);
      },
    },
  });
  expect(await failing.ask("ada", "GET", "/api/threads")).toEqual({
    status: 500,
    body: { error: { message: "Something went wrong on the server." } },
  });
  expect(await failing.ask("busy", "GET", "/api/threads")).toEqual({
    status: 503,
    body: { error: { message: "Not now: try again." } },
  });
  expect(failing.failures).toHaveLength(2);
});

test("an identity that is none is nobody", async () => {
  for (const identity of [
    null,
    {},
    { user: "" },
    { user: 1 },
    { user: "ada", tenant: "" },
    "ada",
  ]) {
    const odd = await createSite({ routes: { identify: () => identity as never } });
    expect((await odd.ask("x", "GET", "/api/threads")).status).toBe(401);
  }
});

test("tenants share neither threads nor runs, though users and ids are equal", async () => {
  const world = await createSite({
    routes: {
      identify: ({ headers }) => ({ user: "ada", tenant: headers.get("x-user") ?? "" }),
      data: ({ tenant }) => ({ tenant }),
    },
    options: { scope: ({ data }) => ({ tenant: data["tenant"] as string }) },
  });
  for (const tenant of ["red", "blue"]) {
    const { status } = await world.ask(
      tenant,
      "POST",
      "/api/chat",
      sending("t", tenant, { id: "m" }),
    );
    expect(status).toBe(200);
  }
  await world.settle();
  for (const tenant of ["red", "blue"]) {
    const { body } = await world.ask(tenant, "GET", "/api/threads/t");
    expect(body).toMatchObject({ messages: [{ content: tenant }, { type: "agent" }] });
  }
});
