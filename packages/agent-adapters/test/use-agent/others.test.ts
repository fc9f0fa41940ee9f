import { expect, test } from "vitest";
import { createSite, refundCall, type Site, sending } from "./site.ts";

interface Listed {
  readonly threads: readonly { readonly id: string }[];
  readonly nextCursorId?: string;
}

async function listed(site: Site, user: string, query = "limit=2"): Promise<Listed> {
  return (await site.ask(user, "GET", `/api/threads?${query}`)).body as Listed;
}

function idsIn({ threads }: Listed): readonly string[] {
  return threads.map(({ id }) => id);
}

const cursor = (id = "") => `limit=2&cursorTimestamp=x&cursorId=${encodeURIComponent(id)}`;

test("another user's cursor shows nothing but one's own threads, and tells of no other", async () => {
  const site = await createSite();
  for (let nth = 0; nth < 5; nth += 1) {
    await site.ask("ada", "POST", "/api/threads", { title: `ada's ${nth}` });
    await site.ask("bob", "POST", "/api/threads", { title: `bob's ${nth}` });
  }
  const own = new Set(idsIn(await listed(site, "bob", "limit=20")));
  expect(own.size).toBe(5);
  const stolen = (await listed(site, "ada")).nextCursorId;
  expect(stolen).toEqual(expect.any(String));
  const { status, body } = await site.ask("bob", "GET", `/api/threads?${cursor(stolen)}`);
  const seen = status === 200 ? idsIn(body as Listed) : [];
  expect(seen.filter((id) => !own.has(id))).toEqual([]);
  for (const id of idsIn(await listed(site, "ada", "limit=20")))
    expect(JSON.stringify(body)).not.toContain(id);
});

test("what a client says of the time orders nothing and finds nothing", async () => {
  const site = await createSite({ answers: ["one", "two"] });
  const late = { clientTimestamp: "2999-01-01T00:00:00Z" };
  await site.ask("ada", "POST", "/api/chat", sending("t", "first", late));
  await site.settle();
  const early = { clientTimestamp: "1970-01-01T00:00:00Z" };
  await site.ask("ada", "POST", "/api/chat", sending("t", "second", early));
  await site.settle();
  const { body } = await site.ask("ada", "GET", "/api/threads/t");
  const { messages } = body as { readonly messages: readonly { readonly content?: string }[] };
  expect(messages.flatMap(({ content }) => content ?? [])).toEqual(["first", "second"]);
  const query = "limit=2&cursorTimestamp=2999-01-01T00%3A00%3A00Z";
  expect(idsIn(await listed(site, "bob", query))).toEqual([]);
});

test.each([
  "a/b",
  "../ada",
  "a%2Fb",
  "a?b=c#d",
  "user:ada",
  "mastra/thread/t",
  "events",
  "t/events",
  "…\u{1F600} \u0000",
])("a thread called %j is its owner's alone, by each route", async (threadId) => {
  const site = await createSite({ answers: [refundCall("o1"), "refunded"] });
  const at = `/api/threads/${encodeURIComponent(threadId)}`;
  const decision = { threadId, toolCallId: "call_1", action: "approve" };
  const sent = await site.ask("ada", "POST", "/api/chat", sending(threadId, "refund"));
  expect(sent).toMatchObject({ status: 200, body: { threadId } });
  await site.settle();
  const none = { status: 404, body: { error: { message: "There is no such thread." } } };
  for (const [method, path, body] of [
    ["GET", at],
    ["GET", `${at}/events`],
    ["DELETE", at],
    ["POST", "/api/chat/cancel", { threadId }],
    ["POST", "/api/approve-tool", decision],
    ["POST", "/api/chat", sending(threadId, "mine")],
  ] as const)
    expect([method, path, await site.ask("bob", method, path, body)]).toEqual([method, path, none]);
  expect(await site.ask("ada", "GET", at)).toMatchObject({ body: { thread: { id: threadId } } });
  expect(await site.events("ada", threadId)).not.toEqual([]);
  expect(await site.ask("ada", "POST", "/api/approve-tool", decision)).toMatchObject({
    status: 200,
  });
  await site.settle();
  expect(site.refunds).toEqual(["o1"]);
  expect(await site.ask("ada", "DELETE", at)).toMatchObject({ status: 204 });
  expect(await site.ask("ada", "GET", at)).toEqual(none);
});
