import { expect, test } from "vitest";
import { createStore, memoryBackend } from "../src/index.ts";

test("a commit without a lease changes the head only, and stores neither part when another put came first", async () => {
  const store = createStore({ backend: memoryBackend() });
  const old = await store.checkpoints.put("t", { n: 1 });
  await store.checkpoints.put("t", { n: 2 });
  const history = [{ id: "e", value: "said" }];
  const checkpoint = { parentId: old, changes: [{ path: ["n"], set: 3 }] };
  await expect(
    store.commit("t", { history, checkpoint }, { operationId: "op" }),
  ).rejects.toMatchObject({ code: "CONFLICT" });
  expect(await store.history.read("t")).toEqual([]);
  expect(await store.checkpoints.get("t")).toEqual({ n: 2 });
});

test("a commit keeps what it was given, whatever the caller does with it afterwards", async () => {
  const store = createStore({ backend: memoryBackend() });
  const state = { n: 1 };
  const value = { text: "said" };
  const done = store.commit(
    "t",
    { history: [{ id: "e", value }], checkpoint: { state } },
    { operationId: "op" },
  );
  state.n = 2;
  value.text = "changed";
  await done;
  expect(await store.checkpoints.get("t")).toEqual({ n: 1 });
  expect((await store.history.read("t")).map((entry) => entry.value)).toEqual([{ text: "said" }]);
});
