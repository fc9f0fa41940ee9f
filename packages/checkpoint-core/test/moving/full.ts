import type { Store } from "../../src/index.ts";
import { answers, asks, call, leaseOf, says } from "../runs/desk.ts";

/** Puts something of everything into a store: for a tenant and for none, two users, suspended and finished runs, branches, memories, streams, a life after a deletion. */
export async function fill(store: Store): Promise<void> {
  for (const scope of [{ user: "ann" }, { user: "bob" }, { tenant: "acme", user: "ann" }])
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
  await store.memory.write({ kind: "user" }, [{ id: "m1", text: `likes ${name}` }]);
  await store.memory.write({ kind: "thread", threadId: chat }, [{ text: "in a thread" }], {
    operationId: "m",
  });
  await store.streams.append(`${name} alone`, ["x", "y"]);
  await store.streams.append(`${name} tokens`, ["p", "q"], { threadId: chat });
  await suspend(store, `${name} waits`, `${name} run`);
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
  const approvals = [{ callId: "c1", tool: "refund", input: { order: 7 } }];
  await store.commit(
    threadId,
    {
      checkpoint: { state: { step: 1 } },
      settle: { status: "suspended", turn: 1, approvals },
    },
    { operationId: "s1", lease },
  );
}

/** What users see of all that. */
export async function seen(store: Store): Promise<unknown> {
  const all: unknown[] = [];
  for (const scope of [{ user: "ann" }, { user: "bob" }, { tenant: "acme", user: "ann" }]) {
    const scoped = store.for(scope);
    const { threads } = await scoped.threads.list();
    for (const thread of threads)
      all.push({
        thread,
        history: await scoped.history.read(thread.id),
        checkpoints: await scoped.checkpoints.list(thread.id),
        state: await scoped.checkpoints.get(thread.id),
        memories: await texts(scoped, { kind: "thread", threadId: thread.id }),
      });
    const name = `${scope.tenant ?? ""}:${scope.user}`;
    all.push(
      await texts(scoped, { kind: "user" }),
      await scoped.streams.read(`${name} alone`),
      await scoped.streams.read(`${name} tokens`),
      (await scoped.memory.search({ kind: "user" }, "likes")).memories.map(
        ({ memory }) => memory.text,
      ),
    );
  }
  return all;
}

async function texts(
  store: Store,
  within: Parameters<Store["memory"]["list"]>[0],
): Promise<readonly string[]> {
  return (await store.memory.list(within)).memories.map(({ text }) => text);
}
