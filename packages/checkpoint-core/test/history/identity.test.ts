import { describe, expect, test } from "vitest";
import { partitionName } from "../../src/backend/keys.ts";
import { createStore, memoryBackend, type NewEntry, type Store } from "../../src/index.ts";
import { wrapBackend } from "../wrap.ts";

const DAY = 24 * 60 * 60 * 1000;
const values = async (store: Store): Promise<unknown[]> =>
  (await store.history.read("t")).map(({ value }) => value);
const unnamed = (...all: unknown[]): NewEntry[] => all.map((value) => ({ value }));
const named = (...ids: string[]): (NewEntry & { id: string })[] =>
  ids.map((id) => ({ id, value: id }));

describe("an append's own ids", () => {
  test("are as many records as entries, the head and the operation: the operation stands for the ids", async () => {
    const inner = memoryBackend();
    const counts: number[] = [];
    const backend = wrapBackend(inner, {
      async write(partition, batch) {
        counts.push(batch.writes.filter(({ op }) => op === "put").length);
        return inner.write(partition, batch);
      },
    });
    const { history } = createStore({ backend });
    await history.append("t", unnamed(0), { operationId: "first" });
    counts.length = 0;
    await history.append("t", unnamed(1), { operationId: "one" });
    await history.append("t", unnamed(1, 2, 3), { operationId: "three" });
    await history.append("t", [{ id: "own", value: 4 }, ...unnamed(5)], { operationId: "both" });
    expect(counts).toEqual([3, 5, 5]);
  });

  test("are known as long as their entries are there, however late a retry comes", async () => {
    let now = 0;
    const backend = memoryBackend();
    const store = createStore({ backend, now: () => now });
    const first = await store.history.append("t", unnamed("a", "b", "c"), { operationId: "op" });
    now += 400 * DAY;
    const there = createStore({ backend, now: () => now });
    const retry = await there.history.append("t", unnamed("x", "y", "z"), { operationId: "op" });
    expect(retry).toEqual({ ...first, replayed: true });
    const [, from = ""] = first.cursors;
    await there.history.replace("t", { from }, named("sum"), { expected: 2 });
    now += 400 * DAY;
    expect((await there.history.append("t", unnamed(1), { operationId: "op" })).replayed).toBe(
      true,
    );
    await there.history.upsert("t", [{ id: "~append/op/0", value: "again" }]);
    await expect(
      there.history.upsert("t", [{ id: "~append/op/1", value: "gone" }]),
    ).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await values(there)).toEqual(["again", "sum"]);
  });

  test("are remembered for the retries of 30 days once the entries are gone, and then forgotten", async () => {
    for (const remove of [
      (store: Store) => store.history.clear("t"),
      (store: Store) => store.history.replace("t", {}, [], { expected: 2 }),
    ]) {
      let now = 0;
      const store = createStore({ backend: memoryBackend(), now: () => now });
      const first = await store.history.append("t", unnamed("a", "b"), { operationId: "op" });
      now += 100 * DAY;
      await remove(store);
      now += 29 * DAY;
      const retry = await store.history.append("t", unnamed("a", "b"), { operationId: "op" });
      expect(retry).toEqual({ ...first, replayed: true });
      expect(await values(store)).toEqual([]);
      now += 2 * DAY;
      await store.history.append("t", unnamed("new"), { operationId: "op" });
      expect(await values(store)).toEqual(["new"]);
    }
  });

  test("that a replacement keeps, at other places, are still known by their operation and by name", async () => {
    let now = 0;
    const store = createStore({ backend: memoryBackend(), now: () => now });
    const { ids } = await store.history.append("t", unnamed("a", "b"), { operationId: "op" });
    const swapped = ids.toReversed().map((id) => ({ id, value: `kept ${id}` }));
    await store.history.replace("t", {}, [...swapped, ...named("more")], { expected: 2 });
    await store.history.replace("t", { to: "0000000000000000" }, [], { expected: 1 });
    now += 400 * DAY;
    const retry = await store.history.append("t", unnamed("x"), { operationId: "op" });
    expect(retry.replayed).toBe(true);
    await store.history.upsert("t", [{ id: ids[0] ?? "", value: "new" }]);
    expect(await values(store)).toEqual(["new", "more"]);
  });

  test("and those of callers name nothing in the next life of a thread", async () => {
    const backend = memoryBackend();
    const store = createStore({ backend });
    await store.history.append("t", [...named("a"), ...unnamed("b")], { operationId: "op" });
    await backend.drop(partitionName("t", [undefined, "t"]), 0);
    await store.threads.create("t");
    const there = createStore({ backend });
    await expect(
      there.history.upsert("t", [{ id: "~append/op/1", value: "late" }]),
    ).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await there.history.append("t", [...named("a"), ...unnamed("new")], { operationId: "op" });
    expect(await values(there)).toEqual(["a", "new"]);
  });

  test("that only look like an append's own name nothing", async () => {
    const store = createStore({ backend: memoryBackend() });
    await store.history.append("t", unnamed("a"), { operationId: "op" });
    for (const id of [
      "~append/op",
      "~append/op/1",
      "~append/op/00",
      "~append//0",
      "~append/op/0/0",
    ])
      await expect(store.history.upsert("t", [{ id, value: 1 }])).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    expect(await values(store)).toEqual(["a"]);
  });
});

test("an id that an append would make, and that came with a copied history, is not made again", async () => {
  const backend = memoryBackend();
  const store = createStore({ backend });
  const { ids } = await store.history.append("t", unnamed("a", "b"), { operationId: "op" });
  const swapped = ids.toReversed().map((id) => ({ id, value: id }));
  await store.history.replace("t", {}, swapped, { expected: 2 });
  // As in a fork: the ids have records of their own, and the operation was another thread's.
  const key = "o/append//op";
  await backend.write(partitionName("t", [undefined, "t"]), {
    writes: [{ op: "delete", key, expect: "present" }],
    now: 0,
  });
  await store.history.append("t", unnamed("c"), { operationId: "other" });
  const again = await store.history.append("t", unnamed("a", "b"), { operationId: "op" });
  expect(again.ids).toEqual(ids);
  expect(await values(store)).toEqual([...swapped.map(({ value }) => value), "c"]);
});

test("an id that was removed while its record stayed behind is new again", async () => {
  const backend = memoryBackend();
  const store = createStore({ backend });
  await store.history.append("t", named("a", "b"));
  const name = partitionName("t", [undefined, "t"]);
  await backend.write(name, {
    writes: [{ op: "delete", key: "e/0000000000000000", expect: "present" }],
    now: 0,
  });
  expect((await store.history.append("t", named("a"))).cursors).toEqual(["0000000000000002"]);
  expect(await values(store)).toEqual(["b", "a"]);
});
