import { createStore, memoryBackend, type Store } from "@perdure/checkpoint-core";
import { describe, expect, test } from "vitest";

/** Writes that come too late for a thread, each as one does it that knew it, and as one that did not. */
const late: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
  put: (store) => store.checkpoints.put("chat-1", { step: 2 }),
  append: (store) =>
    store.checkpoints.append("chat-1", {
      parentId: "nothing",
      changes: [{ path: ["step"], set: 2 }],
    }),
  "history.append": (store) => store.history.append("chat-1", [{ id: "b", value: "late" }]),
  "history.upsert": (store) => store.history.upsert("chat-1", [{ id: "a", value: "late" }]),
  "memory.write": (store) =>
    store.memory.write({ kind: "thread", threadId: "chat-1" }, [{ id: "m", text: "late" }]),
  "streams.append": (store) => store.streams.append("s", ["late"], { threadId: "chat-1" }),
  "effects.once": (store) => store.effects.once("chat-1", "refund", async () => "done"),
  commit: (store) =>
    store.commit("chat-1", { checkpoint: { state: { step: 2 } } }, { operationId: "late" }),
};

describe.each(Object.entries(late))("a late %s", (_, write) => {
  test.each(["one that knew the thread", "another one"])(
    "of %s says which thread was deleted, and no word of the engine's",
    async (who) => {
      const backend = memoryBackend();
      const store = createStore({ backend, scope: { tenant: "acme" } });
      await store.checkpoints.put("chat-1", { step: 1 });
      await store.history.append("chat-1", [{ id: "a", value: "Hi" }]);
      await store.threads.delete("chat-1");
      const writer =
        who === "another one" ? createStore({ backend, scope: { tenant: "acme" } }) : store;
      const error: unknown = await write(writer).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "DELETED", retryable: false });
      expect((error as Error).message).not.toMatch(/partition|4\.acme/i);
      expect((error as Error).message).toContain("deleted");
    },
  );
});

test("the words say what to do, and the engine's error is the cause", async () => {
  const store = createStore({ backend: memoryBackend() });
  await store.checkpoints.put("chat-1", { step: 1 });
  await store.threads.delete("chat-1");
  await expect(store.history.append("chat-1", [{ id: "a", value: 1 }])).rejects.toMatchObject({
    message:
      'The thread "chat-1" was deleted; nothing was written. `threads.create` begins another life.',
    cause: { code: "DELETED", message: expect.stringContaining("was dropped") },
  });
  const other = await store.checkpoints.put("chat-2", { step: 1 });
  await expect(store.checkpoints.fork("chat-2", other, "chat-1")).rejects.toMatchObject({
    code: "DELETED",
    message: expect.stringContaining('The thread "chat-1" was deleted'),
  });
});
