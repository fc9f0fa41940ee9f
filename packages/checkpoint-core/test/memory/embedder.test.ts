import { expect, test } from "vitest";
import {
  type Backend,
  createStore,
  type Embedder,
  memoryBackend,
  type MemoryStore,
} from "../../src/index.ts";

const user = { kind: "user" } as const;
const topics = ["tea", "coffee", "cat", "dog"];

/** Vectors of how often each topic stands in a text. */
function embedderOf(name = "topics"): Embedder & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    name,
    dimensions: topics.length,
    asked,
    async embed(texts) {
      asked.push(...texts);
      return texts.map((text) => topics.map((topic) => text.split(topic).length - 1));
    },
  };
}

function open(backend: Backend, embedder?: Embedder): MemoryStore {
  return createStore({ backend, memory: embedder ? { embedder } : {} }).memory;
}

const facts = [
  { id: "drinks", text: "tea and coffee" },
  { id: "tea", text: "tea" },
  { id: "pets", text: "cat and dog" },
];

test("ranks by the angle between vectors, which stand beside the memories", async () => {
  const backend = memoryBackend();
  const embedder = embedderOf();
  await open(backend, embedder).write(user, facts);
  expect(embedder.asked).toEqual(facts.map(({ text }) => text));
  const later = embedderOf();
  const { memories, searched, complete } = await open(backend, later).search(user, "tea tea");
  expect({ searched, complete }).toEqual({ searched: 3, complete: true });
  expect(memories.map(({ memory: { id }, score }) => [id, Number(score.toFixed(6))])).toEqual([
    ["tea", 1],
    ["drinks", Number(Math.SQRT1_2.toFixed(6))],
    ["pets", 0],
  ]);
  expect(later.asked).toEqual(["tea tea"]);
});

test("makes a vector anew for a text that was updated, also by a store without an embedder", async () => {
  const backend = memoryBackend();
  const one = open(backend, embedderOf());
  await one.write(user, facts);
  await one.update(user, [{ id: "pets", text: "tea" }]);
  await one.search(user, "tea");
  await open(backend).update(user, [{ id: "tea", text: "dog" }]);
  await open(backend).write(user, [{ id: "new", text: "dog dog" }]);
  for (const memory of [one, open(backend, embedderOf())]) {
    const { memories } = await memory.search(user, "dog", { minScore: 0.9 });
    expect(memories.map(({ memory: { id } }) => id)).toEqual(["new", "tea"]);
  }
});

test("makes the vectors of another model again, and only once", async () => {
  const backend = memoryBackend();
  await open(backend, embedderOf("old")).write(user, facts);
  const next = embedderOf("new");
  await open(backend, next).search(user, "tea");
  expect(next.asked.toSorted()).toEqual(["tea", ...facts.map(({ text }) => text)].toSorted());
  const again = embedderOf("new");
  await open(backend, again).search(user, "tea");
  expect(again.asked).toEqual(["tea"]);
});

test("says how many it has compared while vectors are missing, and gets on with each search", async () => {
  const backend = memoryBackend();
  const plain = open(backend);
  for (let index = 0; index < 700; index += 25)
    await plain.write(
      user,
      Array.from({ length: 25 }, (_, at) => ({ id: `m${index + at}`, text: `tea ${index + at}` })),
    );
  const memory = open(backend, embedderOf());
  const looks = [];
  for (let turn = 0; turn < 4; turn += 1) {
    const { searched, complete } = await memory.search(user, "tea");
    looks.push([searched, complete]);
  }
  expect(looks).toEqual([
    [320, false],
    [640, false],
    [700, true],
    [700, true],
  ]);
  const another = embedderOf();
  expect(await open(backend, another).search(user, "tea")).toMatchObject({ complete: true });
  expect(another.asked).toEqual(["tea"]);
});

test("ranks by words and meaning together", async () => {
  const memory = open(memoryBackend(), embedderOf());
  await memory.write(user, [...facts, { id: "word", text: "likes green tea" }]);
  const both = await memory.search(user, "green tea", { by: "both" });
  expect(both.memories[0]?.memory.id).toBe("word");
  expect(both.memories.length).toBe(4);
  const words = await memory.search(user, "green", { by: "words" });
  expect(words.memories.map(({ memory: { id } }) => id)).toEqual(["word"]);
});

test("writes nothing when the embedder fails, and passes its error on", async () => {
  const backend = memoryBackend();
  const failure = new Error("rate limited");
  const failing = open(backend, { ...embedderOf(), embed: () => Promise.reject(failure) });
  await expect(failing.write(user, facts, { operationId: "op" })).rejects.toBe(failure);
  await expect(failing.search(user, "tea")).rejects.toBe(failure);
  await open(backend).write(user, facts);
  await expect(failing.update(user, [{ id: "tea", text: "dog" }])).rejects.toBe(failure);
  expect((await open(backend).get(user, "tea"))?.text).toBe("tea");
});

test("does not ask the embedder again for a write that is a retry", async () => {
  const backend = memoryBackend();
  const embedder = embedderOf();
  await open(backend, embedder).write(user, facts, { operationId: "op" });
  await open(backend, embedder).write(user, facts, { operationId: "op" });
  expect(embedder.asked.length).toBe(3);
});

test.each([
  ["too few vectors", []],
  ["a short vector", [[1]]],
  ["no vectors", "vectors" as never],
  ["what is no number", [[1, 2, 3, Number.NaN]]],
  ["an endless number", [[1, 2, 3, 1e300]]],
])("refuses an embedder that answers %s", async (_name, answer) => {
  const backend = memoryBackend();
  const memory = open(backend, { ...embedderOf(), embed: async () => answer });
  await expect(memory.write(user, [{ id: "a", text: "tea" }])).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  expect(await open(backend).get(user, "a")).toBeUndefined();
});

test("refuses options that cannot be, and a search by meaning without an embedder", async () => {
  const backend = memoryBackend();
  const wrong = [
    { embedder: { ...embedderOf(), name: "" } },
    { embedder: { ...embedderOf(), dimensions: 0 } },
    { embedder: { ...embedderOf(), embed: undefined as never } },
    { locale: "not a locale" },
  ];
  for (const memory of wrong)
    expect(() => createStore({ backend, memory })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  await expect(open(backend).search(user, "tea", { by: "meaning" })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});
