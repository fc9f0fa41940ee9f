import { createStore, memoryBackend, type Store } from "@perdure/checkpoint-core";
import { describe, expect, test } from "vitest";
import { domains, ids } from "./handles.ts";

const THREADS = ["t", "t2", "t3"];

/** The store, and something that happens just ahead of its call of this number; whether it has come to that. */
function aheadOf(
  store: Store,
  number: number,
  happens: () => Promise<unknown>,
): { readonly store: Store; readonly isReached: () => boolean } {
  let calls = 0;
  const counted = <Part extends object>(part: Part): Part =>
    new Proxy(part, {
      get(target, key) {
        const verb: unknown = Reflect.get(target, key);
        if (typeof verb !== "function") return verb;
        return async (...given: unknown[]): Promise<unknown> => {
          calls += 1;
          if (calls === number) await happens();
          return (verb as (...all: unknown[]) => unknown).apply(target, given);
        };
      },
    });
  const { history, threads, checkpoints } = store;
  const parts = { history: counted(history), threads: counted(threads) };
  return {
    store: { ...store, ...parts, checkpoints: counted(checkpoints) },
    isReached: () => calls >= number,
  };
}

async function save(store: Store, threadId: string): Promise<void> {
  const { memory } = await domains(store);
  const content = { format: 2 as const, parts: [] };
  const createdAt = new Date(0);
  const message = { id: "m", threadId, resourceId: "u", role: "user" as const, createdAt, content };
  await memory.saveMessages({ messages: [message] });
}

async function update(store: Store, threadId: string): Promise<void> {
  await (await domains(store)).memory.updateMessages({ messages: [{ id: "m", threadId }] });
}

async function mark(store: Store, name: string): Promise<void> {
  const content = { metadata: { [name]: true } } as never;
  await (await domains(store)).memory.updateMessages({ messages: [{ id: "m", content }] });
}

async function remove(store: Store): Promise<void> {
  await (await domains(store)).memory.deleteMessages(["m"]);
}

/** The threads that the message is listed in. By its id it is found once where it is in any. */
async function threadsIn(store: Store): Promise<readonly string[]> {
  const { memory } = await domains(store);
  const found: string[] = [];
  for (const threadId of THREADS)
    if (ids(await memory.listMessages({ threadId })).includes("m")) found.push(threadId);
  const named = await memory.listMessagesById({ messageIds: ["m"] });
  expect(named.messages).toHaveLength(Math.min(1, found.length));
  return found;
}

async function marksIn(store: Store): Promise<unknown> {
  const { memory } = await domains(store);
  return (await memory.listMessagesById({ messageIds: ["m"] })).messages[0]?.content.metadata;
}

type Work = (store: Store) => Promise<unknown>;

/** `work` on a message in the thread "t", with `happens` ahead of each of its calls in turn; `then` sees each end. */
async function between(work: Work, happens: Work, then: Work): Promise<void> {
  for (let number = 1; ; number += 1) {
    const store = createStore({ backend: memoryBackend() });
    await save(store, "t");
    const slow = aheadOf(store, number, async () => happens(store));
    await work(slow.store);
    if (!slow.isReached()) {
      expect(number).toBeGreaterThan(4);
      return;
    }
    await then(store);
  }
}

const saved: Work = async (store) => save(store, "t2");
const updated: Work = async (store) => update(store, "t2");

const deleted: Work = async (store) =>
  (await domains(store)).memory.deleteThread({ threadId: "t" });

describe.each([
  ["saved", saved],
  ["updated", updated],
])("a message that is %s into another thread", (_, move) => {
  test("is in one of them at each moment, and then in that one", async () => {
    await between(
      move,
      async (store) => expect(await threadsIn(store)).not.toEqual([]),
      async (store) => expect(await threadsIn(store)).toEqual(["t2"]),
    );
  });

  test("by a process that dies is in one, and goes from the other when somebody does it again", async () => {
    await between(
      async (store) => move(store).catch(() => undefined),
      async () => Promise.reject(new Error("The process has died.")),
      async (store) => {
        expect(await threadsIn(store)).not.toEqual([]);
        await save(store, "t2");
        expect(await threadsIn(store)).toEqual(["t2"]);
      },
    );
  });

  test.each([
    ["saved", async (store: Store) => save(store, "t3")],
    ["updated", async (store: Store) => update(store, "t3")],
    ["saved back", async (store: Store) => save(store, "t")],
  ])("and is %s into a third meanwhile is in one of those", async (__, other) => {
    await between(move, other, async (store) => expect(await threadsIn(store)).toHaveLength(1));
  });

  test("and is changed meanwhile has both, in one thread", async () => {
    await between(
      move,
      async (store) => mark(store, "theirs"),
      async (store) => {
        expect(await threadsIn(store)).toEqual(["t2"]);
        if (move === updated) expect(await marksIn(store)).toEqual({ theirs: true });
      },
    );
  });

  test("and is deleted meanwhile is in no two, and can be saved and deleted again", async () => {
    await between(move, remove, async (store) => {
      expect((await threadsIn(store)).length).toBeLessThan(2);
      await save(store, "t3");
      expect(await threadsIn(store)).toEqual(["t3"]);
      await remove(store);
      expect(await threadsIn(store)).toEqual([]);
    });
  });
});

test("a message that is changed while it goes elsewhere is changed there", async () => {
  await between(
    async (store) => mark(store, "ours"),
    updated,
    async (store) => {
      expect(await threadsIn(store)).toEqual(["t2"]);
      expect(await marksIn(store)).toEqual({ ours: true });
    },
  );
});

test("a message that is saved while it is deleted, or its thread is, can be found if it is there", async () => {
  for (const work of [remove, async (store: Store) => save(store, "t")])
    for (const happens of [remove, async (store: Store) => save(store, "t")])
      await between(work, happens, threadsIn);
  await between(deleted, async (store) => save(store, "t"), threadsIn);
  await between(async (store) => save(store, "t"), deleted, threadsIn);
});

test("of messages that are gone nothing is left, and one of no thread is refused", async () => {
  const store = createStore({ backend: memoryBackend() });
  await save(store, "t");
  await save(store, "t2");
  await remove(store);
  await save(store, "t3");
  await (await domains(store)).memory.deleteThread({ threadId: "t3" });
  const { threads } = await store.threads.list();
  expect(threads.map(({ messageCount }) => messageCount)).toEqual(threads.map(() => 0));
  await expect(save(store, "")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});
