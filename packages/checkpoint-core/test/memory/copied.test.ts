import { expect, test } from "vitest";
import { copyStore, createStore, type Embedder, memoryBackend } from "../../src/index.ts";

const scopes = [
  { kind: "user" },
  { kind: "agent", agent: "planner" },
  { kind: "thread", threadId: "t" },
] as const;

const embedder: Embedder = {
  name: "lengths",
  dimensions: 2,
  embed: async (texts) => texts.map((text) => [text.length, 1]),
};

test("memories that were copied are found, with their vectors, and can be changed", async () => {
  const from = createStore({ backend: memoryBackend(), memory: { embedder } });
  for (const within of scopes) {
    await from.memory.write(within, [{ text: "tea" }, { text: "milk" }], { operationId: "w" });
    await from.memory.update(within, [{ id: "~memory/w/1", text: "coffee" }]);
    await from.memory.delete(within, ["~memory/w/0"]);
    await from.memory.write(within, [{ id: "own", text: "tea again" }]);
  }
  let asked = 0;
  const counted: Embedder = {
    ...embedder,
    embed(texts) {
      asked += texts.length;
      return embedder.embed(texts);
    },
  };
  const to = createStore({ backend: memoryBackend(), memory: { embedder: counted } });
  await copyStore(from, to);
  for (const within of scopes) {
    const { memories, searched } = await to.memory.search(within, "tea", { by: "words" });
    expect([memories.map(({ memory }) => memory.id), searched]).toEqual([["own"], 2]);
    await to.memory.search(within, "tea", { by: "meaning" });
    const again = await to.memory.write(within, [{ text: "tea" }], { operationId: "w" });
    expect(again.replayed).toBe(true);
    await to.memory.delete(within, ["own"]);
    expect((await to.memory.search(within, "tea", { by: "words" })).searched).toBe(1);
  }
  expect(asked).toBe(scopes.length);
});
