import { expect, test } from "vitest";
import { createStore, memoryBackend, type MemoryStore } from "../../src/index.ts";
import { words } from "../../src/memory/words.ts";
import { chance, pick, randomText } from "./corpus.ts";
import { type ReferenceText, referenceRanking, referenceWords } from "./reference.ts";

const user = { kind: "user" } as const;

async function agrees(
  memory: MemoryStore,
  texts: readonly ReferenceText[],
  query: string,
): Promise<void> {
  const { memories, searched, complete } = await memory.search(user, query, { limit: 1000 });
  expect({ searched, complete }).toEqual({ searched: texts.length, complete: true });
  const expected = referenceRanking(texts, query);
  expect(memories.map(({ memory: { id } }) => id)).toEqual(expected.map(({ id }) => id));
  for (const [index, { score }] of memories.entries())
    expect(Math.abs(score - (expected[index]?.score ?? 0))).toBeLessThan(1e-9);
}

test("cuts texts of every script into the words that the rules say", () => {
  const random = chance(7);
  const cutter = words();
  for (let round = 0; round < 1000; round += 1) {
    const text = randomText(random);
    expect(cutter.of(text)).toEqual(referenceWords(text));
  }
  expect(cutter.of("Ｔｅａ Straße ΣΟΦΟΣ don’t")).toEqual(["tea", "strasse", "σοφος", "don't"]);
  expect(cutter.of("猫が好き")).toEqual(["猫", "猫が", "が好", "好", "好き"]);
  expect(cutter.of("👍🏽 ❤️ !")).toEqual(["👍", "❤"]);
});

test.each([1, 2, 3])(
  "ranks as a reference BM25 does, over random writes, updates and deletions of two processes (seed %i)",
  async (seed) => {
    const random = chance(seed);
    const backend = memoryBackend();
    const stores = [createStore({ backend }).memory, createStore({ backend }).memory];
    let texts: ReferenceText[] = [];
    for (let round = 0; round < 120; round += 1) {
      const memory = pick(random, stores);
      const dice = random();
      if (dice < 0.5 || texts.length < 3) {
        const batch = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, index) => ({
          id: `${round}-${index}`,
          text: randomText(random),
        }));
        await memory.write(user, batch);
        texts.push(...batch);
      } else if (dice < 0.75) {
        const { id } = pick(random, texts);
        const text = randomText(random);
        await memory.update(user, [{ id, text }]);
        texts = texts.map((one) => (one.id === id ? { id, text } : one));
      } else {
        const { id } = pick(random, texts);
        await memory.delete(user, [id]);
        texts = texts.filter((one) => one.id !== id);
      }
      await agrees(pick(random, stores), texts, randomText(random, 4));
      if (round % 20 === 0)
        await agrees(createStore({ backend }).memory, texts, randomText(random));
    }
  },
  60_000,
);
