import { expect, test } from "vitest";
import { createStore, memoryBackend, type MemoryScope } from "../../src/index.ts";

const user = { kind: "user" } as const;

function open() {
  return createStore({ backend: memoryBackend() }).memory;
}

function many(count: number, text: string, from = 0) {
  return Array.from({ length: count }, (_, index) => ({ id: `m${from + index}`, text }));
}

test("refuses what is over a stated bound, and writes nothing of it", async () => {
  const memory = open();
  const over: readonly (() => Promise<unknown>)[] = [
    () => memory.write(user, many(33, "a")),
    () => memory.write(user, many(1, "x".repeat(16_385))),
    () => memory.write(user, [{ id: "a", text: "a", metadata: { x: "x".repeat(16_384) } }]),
    () =>
      memory.update(
        user,
        Array.from({ length: 33 }, (_, index) => ({ id: `${index}`, text: "a" })),
      ),
    () =>
      memory.delete(
        user,
        Array.from({ length: 33 }, (_, index) => `${index}`),
      ),
    () => memory.search(user, "x".repeat(16_385)),
    () =>
      memory.search(
        Array.from(
          { length: 17 },
          (_, index): MemoryScope => ({ kind: "agent", agent: `${index}` }),
        ),
        "a",
      ),
  ];
  for (const call of over) await expect(call()).rejects.toMatchObject({ code: "TOO_LARGE" });
  expect(await memory.list(user)).toEqual({ memories: [] });
  await memory.write(user, many(32, "x".repeat(16_384)));
  expect((await memory.list(user)).memories.length).toBe(32);
});

test("holds 25,000 memories in a scope and no more, counting exactly what is there", async () => {
  const memory = open();
  for (let at = 0; at < 25_000; at += 25) await memory.write(user, many(25, "tea", at));
  const one = { id: "one", text: "tea" };
  await expect(memory.write(user, [one])).rejects.toMatchObject({ code: "TOO_LARGE" });
  await memory.write(user, [{ id: "m1", text: "there already" }]);
  await memory.update(user, [{ id: "m1", text: "coffee" }]);
  await memory.delete(user, ["m1"]);
  await memory.write(user, [one]);
  await expect(memory.write(user, [{ id: "two", text: "tea" }])).rejects.toMatchObject({
    code: "TOO_LARGE",
  });
  const { searched, complete } = await memory.search(user, "tea", { limit: 1 });
  expect({ searched, complete }).toEqual({ searched: 25_000, complete: true });
}, 60_000);

test("holds 32 MB of texts and metadata in a scope, and what is deleted makes room", async () => {
  const memory = open();
  const text = "字".repeat(16_384);
  const fits = Math.floor((32 * 1024 * 1024) / (16_384 * 3));
  for (let at = 0; at < fits; at += 31)
    await memory.write(user, many(Math.min(31, fits - at), text, at));
  const more = { id: "more", text };
  await expect(memory.write(user, [more])).rejects.toMatchObject({ code: "TOO_LARGE" });
  await memory.update(user, [{ id: "m0", text: "short" }]);
  await memory.write(user, [more]);
  await expect(memory.update(user, [{ id: "m0", text }])).rejects.toMatchObject({
    code: "TOO_LARGE",
  });
  await memory.delete(user, ["m1"]);
  await memory.update(user, [{ id: "m0", text }]);
}, 60_000);

test("an id that only the store gives names a memory that is there, and makes none", async () => {
  const memory = open();
  const { ids } = await memory.write(user, [{ text: "tea" }], { operationId: "op" });
  await memory.write(user, [{ id: ids[0] ?? "", text: "other" }]);
  const made = memory.write(user, [{ id: "~memory/op/1", text: "tea" }]);
  await expect(made).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  expect((await memory.list(user)).memories.map(({ text }) => text)).toEqual(["tea"]);
});

test("equal scores are answered the last created first, every time", async () => {
  const memory = open();
  await memory.write(user, many(20, "tea"));
  const expected = Array.from({ length: 20 }, (_, index) => `m${19 - index}`);
  for (let turn = 0; turn < 3; turn += 1) {
    const { memories } = await memory.search(user, "tea", { limit: 20 });
    expect(memories.map(({ memory: { id } }) => id)).toEqual(expected);
    await memory.update(user, [{ id: "m7", text: "tea" }]);
  }
});
