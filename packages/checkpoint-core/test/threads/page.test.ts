import { expect, test } from "vitest";
import { createStore, memoryBackend } from "../../src/index.ts";

test("the example of the page on threads does what it says", async () => {
  const root = createStore({ backend: memoryBackend(), now: () => 1_700_000_000_000 });
  const store = root.for({ tenant: "acme", user: "ann" });
  await store.threads.create("t1", { title: "Refund", metadata: { order: 7 } });
  const renamed = await store.threads.update("t1", { title: "Refund of order 7" });
  expect([renamed.title, renamed.metadata]).toEqual(["Refund of order 7", { order: 7 }]);
  expect((await store.threads.update("t1", { metadata: null })).metadata).toBeUndefined();
  const shown: string[] = [];
  let cursor: string | undefined;
  do {
    const page: Awaited<ReturnType<typeof store.threads.list>> = await store.threads.list({
      limit: 20,
      cursor,
    });
    shown.push(...page.threads.map(({ id }) => id));
    ({ cursor } = page);
  } while (cursor !== undefined);
  expect(shown).toEqual(["t1"]);
  await store.threads.delete("t1", { operationId: "delete t1", memory: true });
  await store.erase({ operationId: "ann has left" });
  expect((await store.threads.list()).threads).toEqual([]);
});

test("the first commit makes its thread, also with nothing in it; a deletion of checkpoints makes none", async () => {
  const store = createStore({ backend: memoryBackend() });
  await store.checkpoints.delete("none", undefined, { operationId: "op" });
  expect(await store.threads.get("none")).toBeUndefined();
  await store.commit("t", {}, { operationId: "op" });
  expect((await store.threads.get("t"))?.messageCount).toBe(0);
});
