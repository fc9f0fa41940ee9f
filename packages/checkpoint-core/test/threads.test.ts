import { expect, test } from "vitest";
import { createStore, memoryBackend, partitionName } from "../src/index.ts";

test("creates a thread once, with its owner, and answers it as it is", async () => {
  const store = createStore({ backend: memoryBackend(), now: () => 5, scope: { user: "ann" } });
  const created = await store.threads.create("t", { title: "Hello", metadata: { a: 1 } });
  expect(created).toEqual({
    id: "t",
    life: 1,
    owner: "ann",
    title: "Hello",
    metadata: { a: 1 },
    createdAt: new Date(5),
    messageCount: 0,
    lastActivityAt: new Date(5),
  });
  expect(await store.threads.create("t", { title: "Other" })).toEqual(created);
  await expect(store.for({ user: "bob" }).threads.get("t")).rejects.toMatchObject({
    code: "FORBIDDEN",
  });
  expect(await store.for({ tenant: "other" }).threads.get("t")).toBeUndefined();
});

test("any string names a thread of its own", async () => {
  const store = createStore({ backend: memoryBackend() });
  const ids = [
    "user:42",
    "user",
    ":42",
    "a/b",
    "a%2Fb",
    "{a}",
    "*",
    "\u0000",
    "😀",
    "\ud83d",
    "\ude00",
    "é",
    "e\u0301",
    "x".repeat(4096),
    `${"x".repeat(4095)}y`,
    "-",
    "1.a",
  ];
  for (const id of ids) await store.history.append(id, [{ id: "only", value: id }]);
  for (const id of ids)
    expect((await store.history.read(id)).map(({ value }) => value)).toEqual([id]);
});

test("refuses ids that are no strings, empty or over the bound", async () => {
  const store = createStore({ backend: memoryBackend() });
  for (const id of ["", undefined, 5, null, "x".repeat(4097)])
    await expect(store.threads.create(id as string)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
});

test("a dropped thread stays deleted for late writers, and a new life has another name", async () => {
  const backend = memoryBackend();
  const store = createStore({ backend });
  const first = await store.threads.create("t");
  await backend.drop(partitionName("t", [undefined, "t"]), 0);
  await expect(store.history.append("t", [{ id: "late", value: 1 }])).rejects.toMatchObject({
    code: "DELETED",
  });
  const second = await store.threads.create("t");
  expect(second.life).toBeGreaterThan(first.life);
  expect(await store.history.read("t")).toEqual([]);
});
