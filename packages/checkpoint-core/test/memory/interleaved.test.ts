import { expect, test, vi } from "vitest";
import { createStore, memoryBackend, type MemoryStore, StorageError } from "../../src/index.ts";
import type { Backend } from "../../src/backend/contract.ts";
import { wrapBackend } from "../wrap.ts";

vi.setConfig({ testTimeout: 60_000 });

const user = { kind: "user" } as const;
const memories = ["a", "b", "c", "d"].map((id) => ({ id, text: `tea ${id}` }));

/** A backend on which something happens before the call of this number, counted from when it is armed. */
function meddled(inner: Backend): {
  readonly backend: Backend;
  readonly arm: (at: number, work: () => Promise<void>) => void;
  readonly calls: () => number;
} {
  let count = -1;
  let due: { at: number; work: () => Promise<void> } | undefined;
  const turn = async (): Promise<void> => {
    count += 1;
    if (!due || count !== due.at) return;
    const { work } = due;
    due = undefined;
    await work();
  };
  return {
    backend: wrapBackend(inner, {
      async read(...call) {
        await turn();
        return inner.read(...call);
      },
      async scan(partition, range, now) {
        await turn();
        return inner.scan(partition, { ...range, limit: Math.min(range.limit, 2) }, now);
      },
      async write(...call) {
        await turn();
        return inner.write(...call);
      },
    }),
    arm(at, work) {
      count = -1;
      due = { at, work };
    },
    calls: () => count + 1,
  };
}

async function found(memory: MemoryStore): Promise<string> {
  const { memories: hits, searched } = await memory.search(user, "tea");
  const texts = hits.map(({ memory: { text } }) => text).toSorted();
  return JSON.stringify([searched, ...texts]);
}

const meddling: readonly (readonly [string, (memory: MemoryStore) => Promise<unknown>])[] = [
  ["a write", (memory) => memory.write(user, [{ id: "x", text: "tea x" }])],
  [
    "an update",
    (memory) =>
      memory.update(user, [
        { id: "a", text: "tea of a" },
        { id: "d", text: "tea of d" },
      ]),
  ],
  ["a deletion", (memory) => memory.delete(user, ["b", "d"])],
  ["an erasure", (memory) => memory.erase(user)],
  [
    "an erasure and a write",
    async (memory) => {
      await memory.erase(user);
      await memory.write(user, [{ id: "b", text: "tea of b" }]);
    },
  ],
  [
    "everything",
    async (memory) => {
      await memory.write(user, [
        { id: "x", text: "tea x" },
        { id: "y", text: "tea y" },
      ]);
      await memory.update(user, [{ id: "y", text: "tea of y" }]);
      await memory.delete(user, ["x", "a"]);
      await memory.write(user, [{ id: "a", text: "tea again" }]);
    },
  ],
];

test.each(meddling)(
  "a search sees all of %s or nothing, whenever it comes",
  async (_name, meddle) => {
    for (const warm of [false, true])
      for (let at = 0; ; at += 1) {
        const inner = memoryBackend({ limits: { maxReadKeys: 5 } });
        const other = createStore({ backend: inner }).memory;
        const { backend, arm, calls } = meddled(inner);
        const searcher = createStore({ backend }).memory;
        await other.write(user, memories);
        if (warm) await searcher.search(user, "tea");
        await other.update(user, [{ id: "c", text: "tea of c" }]);
        const before = await found(other);
        let after: string | undefined;
        arm(at, async () => {
          await meddle(other);
          after = await found(other);
        });
        const seen = await found(searcher);
        expect([before, after]).toContain(seen);
        if (after === undefined) {
          expect(calls()).toBeGreaterThan(0);
          break;
        }
        expect(await found(searcher)).toBe(after);
      }
  },
);

const changing: readonly (readonly [string, (memory: MemoryStore) => Promise<unknown>])[] = [
  [
    "write",
    (memory) =>
      memory.write(user, [{ id: "x", text: "tea x" }, { text: "tea y" }], { operationId: "op" }),
  ],
  [
    "update",
    (memory) => memory.update(user, [{ id: "a", text: "tea of a" }], { operationId: "op" }),
  ],
  ["deletion", (memory) => memory.delete(user, ["b", "d"], { operationId: "op" })],
  ["erasure", (memory) => memory.erase(user)],
];

test.each(changing)(
  "a %s that stops at any call, before it or behind it, is finished by its retry",
  async (_name, change) => {
    const whole = createStore({ backend: memoryBackend() }).memory;
    await whole.write(user, memories);
    await change(whole);
    const expected = await found(whole);
    for (const behind of [false, true])
      for (let at = 0; ; at += 1) {
        const inner = memoryBackend();
        const other = createStore({ backend: inner }).memory;
        await other.write(user, memories);
        await found(other);
        let count = -1;
        const stop = async <T>(call: () => Promise<T>): Promise<T> => {
          count += 1;
          if (count !== at) return call();
          if (behind) await call();
          throw new StorageError("UNAVAILABLE", "The process was stopped.");
        };
        const backend = wrapBackend(inner, {
          read: (...call) => stop(() => inner.read(...call)),
          scan: (...call) => stop(() => inner.scan(...call)),
          write: (...call) => stop(() => inner.write(...call)),
        });
        const outcome = await change(createStore({ backend }).memory).then(
          () => "done",
          (error: unknown) => (error instanceof StorageError ? error.code : "wrong"),
        );
        await change(createStore({ backend: inner }).memory);
        expect(await found(other)).toBe(expected);
        expect(await found(createStore({ backend: inner }).memory)).toBe(expected);
        if (outcome === "done") break;
        expect(outcome).toBe("UNAVAILABLE");
      }
  },
);

test("a search that missed more changes than are kept reads the scope again", async () => {
  const backend = memoryBackend();
  const [one, other] = [createStore({ backend }).memory, createStore({ backend }).memory];
  for (let index = 0; index < 30; index += 1)
    await one.write(user, [{ id: `m${index}`, text: `tea ${index}` }]);
  await other.search(user, "tea");
  for (let index = 0; index < 300; index += 1)
    await one.update(user, [{ id: `m${index < 20 ? index : 29}`, text: `tea of ${index}` }]);
  expect(await found(other)).toBe(await found(createStore({ backend }).memory));
  await one.delete(user, ["m3"]);
  expect(await found(other)).toBe(await found(createStore({ backend }).memory));
});

test("searches at once in one process, while others write, each see an instant", async () => {
  const backend = memoryBackend();
  const [one, other] = [createStore({ backend }).memory, createStore({ backend }).memory];
  await one.write(user, memories);
  const work = Array.from({ length: 20 }, async (_, index) => {
    await other.write(user, [
      { id: `p${index}`, text: "tea pair" },
      { id: `q${index}`, text: "tea pair" },
    ]);
    const { memories: hits } = await one.search(user, "pair", { limit: 100 });
    expect(hits.length % 2).toBe(0);
    await other.delete(user, [`p${index}`, `q${index}`]);
  });
  await Promise.all(work);
  expect(await found(one)).toBe(await found(other));
});
