import type { Store } from "../../src/index.ts";
import { answers, asks, call, leaseOf, says } from "../runs/desk.ts";

const HOUR = 60 * 60 * 1000;

/** Whose things are in a full store. */
const scopes = [{ user: "ann" }, { user: "bob" }, { tenant: "acme", user: "ann" }];

/**
 * Puts something of everything into a store: for a tenant and for none, two users, a run that waits with a deadline and one queued behind it, branches, attachments, effects that are
 * recorded and that are not, memories of users, agents and threads, streams, a life after a deletion.
 */
export async function fill(store: Store): Promise<void> {
  for (const scope of scopes)
    await fillScope(store.for(scope), `${scope.tenant ?? ""}:${scope.user}`);
}

async function fillScope(store: Store, name: string): Promise<void> {
  const chat = `${name} chat`;
  await store.threads.create(chat, { title: "Chat", metadata: { of: name } });
  await store.history.append(chat, [{ value: "hello" }, { value: "there" }], { operationId: "h" });
  const first = await store.checkpoints.put(chat, { messages: ["a"], date: new Date(5) });
  for (let step = 0; step < 5; step += 1)
    await store.checkpoints.append(chat, {
      parentId: first,
      branch: true,
      changes: [{ path: ["messages"], append: [`${step}`] }],
    });
  await store.checkpoints.delete(chat, first);
  const head = (await store.checkpoints.record(chat))?.id ?? "";
  for (const key of ["notes", "é/1"])
    await store.checkpoints.attach(chat, head, key, new Map([[key, 7n]]));
  await doTwoEffects(store, chat);
  await store.memory.write({ kind: "user" }, [{ id: "m1", text: `likes ${name}` }]);
  await store.memory.write({ kind: "agent", agent: "helper" }, [
    { id: "m1", text: `knows ${name}`, metadata: { of: name } },
  ]);
  await store.memory.write({ kind: "thread", threadId: chat }, [{ text: "in a thread" }], {
    operationId: "m",
  });
  await store.streams.append(`${name} alone`, ["x", "y"]);
  await store.streams.append(`${name} tokens`, ["p", "q"], { threadId: chat });
  await suspend(store, `${name} waits`, `${name} run`);
  await store.runs.begin(`${name} waits`, asks(`${name} next`, `${name} N`, { input: name }));
  await store.threads.create(`${name} again`);
  await store.threads.delete(`${name} again`);
  await store.threads.create(`${name} again`, { title: "Second life" });
}

async function suspend(store: Store, threadId: string, runId: string): Promise<void> {
  const begun = await store.runs.begin(
    threadId,
    asks(runId, `${runId} E`, { message: says(runId) }),
  );
  const lease = leaseOf(begun);
  await store.commit(threadId, answers(1, "", [call("c1")]), { operationId: "a1", lease });
  const approvals = [{ callId: "c1", tool: "refund", input: { order: 7 }, expiresInMs: HOUR }];
  await store.commit(
    threadId,
    {
      checkpoint: { state: { step: 1 } },
      settle: { status: "suspended", turn: 1, approvals },
    },
    { operationId: "s1", lease },
  );
}

/** One thread with a little of what threads have. */
export async function fillThread(store: Store, threadId: string): Promise<void> {
  await store.history.append(threadId, [{ id: "1", value: "hello" }]);
  await store.checkpoints.put(threadId, { step: 1 });
  await store.streams.append("tokens", ["x"], { threadId });
  await store.memory.write({ kind: "user" }, [{ id: "m", text: "noted" }]);
  await doTwoEffects(store, threadId);
}

/** What users see of that thread. */
export async function threadSeen(store: Store, threadId: string): Promise<object> {
  return {
    thread: await store.threads.get(threadId),
    history: await historySeen(store, threadId),
    state: await store.checkpoints.get(threadId),
    tokens: await store.streams.read("tokens"),
    memories: await texts(store, { kind: "user" }),
    ...(await beside(store, threadId)),
  };
}

/** Two effects: one with an outcome, one that threw, of which nobody knows. */
async function doTwoEffects(store: Store, threadId: string): Promise<void> {
  await store.effects.once(threadId, "paid", () => ({ receipt: 7n }));
  const thrown = new Error("The line was cut.");
  const unknown = store.effects.once(threadId, "sent", () => Promise.reject(thrown));
  await unknown.then(
    () => Promise.reject(new Error("The effect should be unknown.")),
    () => undefined,
  );
}

/** What users see of all that. Revisions are each storage's own. */
export async function seen(store: Store): Promise<unknown> {
  const all: unknown[] = [];
  for (const scope of scopes) {
    const scoped = store.for(scope);
    const { threads } = await scoped.threads.list();
    for (const thread of threads)
      all.push({
        thread,
        history: await historySeen(scoped, thread.id),
        state: await scoped.checkpoints.get(thread.id),
        memories: await texts(scoped, { kind: "thread", threadId: thread.id }),
        ...(await beside(scoped, thread.id)),
      });
    const name = `${scope.tenant ?? ""}:${scope.user}`;
    all.push(
      (await scoped.runs.list()).runs.map((run) => without(run, "revision")),
      (await scoped.approvals.pending()).approvals.map((one) => without(one, "revision")),
      await texts(scoped, { kind: "user" }),
      await texts(scoped, { kind: "agent", agent: "helper" }),
      await scoped.streams.read(`${name} alone`),
      await scoped.streams.read(`${name} tokens`),
      (await scoped.memory.search({ kind: "user" }, "likes")).memories.map(
        ({ memory }) => memory.text,
      ),
    );
  }
  return all;
}

async function historySeen(store: Store, threadId: string): Promise<unknown> {
  return (await store.history.read(threadId)).map((entry) => without(entry, "revision"));
}

/** A thread's checkpoints with what is attached to them, and its effects. */
async function beside(store: Store, threadId: string): Promise<object> {
  const checkpoints = await store.checkpoints.list(threadId);
  const attached: unknown[] = [];
  for (const { id } of checkpoints)
    attached.push(await store.checkpoints.attachments(threadId, id));
  const found: unknown[] = [];
  for (const key of ["paid", "sent"]) {
    const effect = await store.effects.get(threadId, key);
    // An attempt without an outcome is named by a revision.
    if (effect) found.push(effect.status === "recorded" ? effect : without(effect, "attempt"));
  }
  const open = (await store.effects.unrecorded(threadId)).map(({ key }) => key);
  return { checkpoints, attached, found, open };
}

function without(all: object, name: string): unknown {
  return Object.fromEntries(Object.entries(all).filter(([key]) => key !== name));
}

async function texts(
  store: Store,
  within: Parameters<Store["memory"]["list"]>[0],
): Promise<readonly string[]> {
  return (await store.memory.list(within)).memories.map(({ text }) => text);
}
