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

test("whose a thread is comes from the scope alone", async () => {
  const store = createStore({ backend: memoryBackend(), scope: { user: "ann" } });
  for (const forged of [{ owner: "bob" }, { createdAt: 5 }])
    await expect(store.threads.create("t", { title: "t", ...forged })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  expect(await store.threads.get("t")).toBeUndefined();
  const thread = await store.threads.create("t", { title: "t" });
  expect(thread).toMatchObject({ owner: "ann", title: "t" });
});

test("refuses a title or metadata of another type, and leaves nothing", async () => {
  const store = createStore({ backend: memoryBackend() });
  const bad = [{ title: 5 }, { metadata: 7 }, { metadata: [] }, { metadata: { f: () => 1 } }];
  for (const options of bad)
    await expect(store.threads.create("t", options as never)).rejects.toMatchObject({
      code: expect.stringMatching(/INVALID_ARGUMENT|UNSUPPORTED_VALUE/),
    });
  expect(await store.threads.get("t")).toBeUndefined();
});

test("a scope with an undefined key is refused, and one that is changed later changes nothing", async () => {
  const backend = memoryBackend();
  const scope = { user: "ann" };
  const store = createStore({ backend, scope });
  expect(() => store.for(Object.fromEntries([["user", undefined]]))).toThrow(
    "user must be a non-empty string",
  );
  expect(() => store.for(Object.fromEntries([["tenant", undefined]]))).toThrow("tenant must be");
  scope.user = "bob";
  expect((await store.threads.create("t")).owner).toBe("ann");
});

test("a clock's fractions are dropped, and what is no instant is refused", async () => {
  const backend = memoryBackend();
  const store = createStore({ backend, now: () => 1_000.5 });
  const id = await store.checkpoints.put("t", { n: 1 });
  expect((await store.checkpoints.record("t", id))?.createdAt).toEqual(new Date(1_000));
  for (const instant of [Number.NaN, Number.POSITIVE_INFINITY, 1e17])
    await expect(
      createStore({ backend, now: () => instant }).history.count("t"),
    ).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
});
