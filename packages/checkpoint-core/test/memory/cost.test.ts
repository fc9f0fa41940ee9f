import { expect, test } from "vitest";
import { type Backend, createStore, memoryBackend } from "../../src/index.ts";
import { wrapBackend } from "../wrap.ts";
import { chance, randomText } from "./corpus.ts";
import { referenceRanking } from "./reference.ts";

const user = { kind: "user" } as const;
const MEMORIES = 10_000;

function isMemory(partition: string): boolean {
  return partition.startsWith("m/");
}

/** A backend that counts what it is asked, but for the directory. */
function counting(inner: Backend): {
  readonly backend: Backend;
  readonly take: () => Record<string, number>;
} {
  let counts = { read: 0, scan: 0, write: 0, entries: 0, records: 0 };
  return {
    backend: wrapBackend(inner, {
      async read(partition, ...call) {
        const found = await inner.read(partition, ...call);
        if (isMemory(partition)) {
          counts.read += 1;
          counts.records += found.filter(Boolean).length;
        }
        return found;
      },
      async scan(partition, ...call) {
        const page = await inner.scan(partition, ...call);
        if (isMemory(partition)) {
          counts.scan += 1;
          counts.records += page.records.length;
        }
        return page;
      },
      async write(partition, batch) {
        if (isMemory(partition)) {
          counts.write += 1;
          counts.entries += batch.writes.length;
        }
        return inner.write(partition, batch);
      },
    }),
    take() {
      const taken = counts;
      counts = { read: 0, scan: 0, write: 0, entries: 0, records: 0 };
      return taken;
    },
  };
}

test("10,000 memories are ranked as the reference ranks them, in eleven reads when cold and one when warm", async () => {
  const random = chance(11);
  const { backend, take } = counting(memoryBackend());
  const writer = createStore({ backend }).memory;
  const texts = Array.from({ length: MEMORIES }, (_, index) => ({
    id: `m${index}`,
    text: randomText(random, 10),
  }));
  for (let at = 0; at < MEMORIES; at += 32) await writer.write(user, texts.slice(at, at + 32));
  const { memory } = createStore({ backend });
  take();
  const query = "東京 cats müller 👍 ข้าว";
  const { memories, searched, complete } = await memory.search(user, query, { limit: 1000 });
  expect(take()).toEqual({ read: 1, scan: 10, write: 0, entries: 0, records: MEMORIES + 1 });
  expect({ searched, complete }).toEqual({ searched: MEMORIES, complete: true });
  const expected = referenceRanking(texts, query).slice(0, 1000);
  expect(memories.map((found) => found.memory.id)).toEqual(expected.map(({ id }) => id));
  for (const [index, { score }] of memories.entries())
    expect(score).toBeCloseTo(expected[index]?.score ?? 0, 9);

  await memory.search(user, query);
  expect(take()).toEqual({ read: 1, scan: 0, write: 0, entries: 0, records: 1 });
  await writer.write(user, [{ id: "new", text: "Tokyo" }]);
  expect(take()).toMatchObject({ read: 1, write: 1, entries: 3 });
  expect((await memory.search(user, "tokyo")).memories.length).toBe(1);
  expect(take()).toMatchObject({ read: 1, scan: 1, records: 2 });
  await writer.update(user, [{ id: "new", text: "Kyoto" }], { operationId: "u" });
  expect(take()).toMatchObject({ read: 2, write: 1, entries: 5 });
  expect((await memory.search(user, "kyoto")).memories.length).toBe(1);
  expect(take()).toMatchObject({ read: 2, scan: 1, records: 3 });
  await writer.delete(user, ["new"]);
  expect(take()).toMatchObject({ read: 2, write: 1, entries: 5 });
  expect((await memory.search(user, "kyoto")).memories.length).toBe(0);
  expect(take()).toMatchObject({ read: 2, scan: 1, records: 2 });
}, 60_000);
