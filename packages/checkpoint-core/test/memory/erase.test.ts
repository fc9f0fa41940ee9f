import { expect, test, vi } from "vitest";
import {
  type Backend,
  createStore,
  memoryBackend,
  type MemoryStore,
  StorageError,
} from "../../src/index.ts";
import { prefixRange } from "../../src/backend/keys.ts";
import { wrapBackend } from "../wrap.ts";
import { naiveMemory, type NaiveService } from "../conformance/naiveMemory.ts";

vi.setConfig({ testTimeout: 60_000 });

const user = { kind: "user" } as const;
const thread = { kind: "thread", threadId: "t" } as const;

/** A memory backend that knows the names of the partitions that hold memories. */
function watched(): {
  readonly backend: Backend;
  readonly left: () => Promise<number>;
  partitions: Set<string>;
} {
  const inner = memoryBackend();
  const partitions = new Set<string>();
  return {
    partitions,
    backend: wrapBackend(inner, {
      write(partition, batch) {
        if (partition.startsWith("m/")) partitions.add(partition);
        return inner.write(partition, batch);
      },
    }),
    async left() {
      let records = 0;
      for (const partition of partitions)
        records += (await inner.scan(partition, { ...prefixRange(""), limit: 10_000 }, 0)).records
          .length;
      return records;
    },
  };
}

async function fill(
  memory: MemoryStore,
  within: Parameters<MemoryStore["write"]>[0],
  count = 300,
): Promise<void> {
  for (let at = 0; at < count; at += 30)
    await memory.write(
      within,
      Array.from({ length: 30 }, (_, index) => ({ text: `tea ${at + index}` })),
      { operationId: `fill ${at}` },
    );
  await memory.delete(within, ["~memory/fill.0/0"], { operationId: "d" });
}

test("an erasure leaves no record, and no memory that was there is seen while it goes on", async () => {
  const { backend, left } = watched();
  const one = createStore({ backend }).memory;
  await fill(one, user);
  expect(await left()).toBeGreaterThan(600);
  await one.erase(user);
  expect(await left()).toBe(0);
});

test("what is written while an erasure goes on is there behind it, and nothing else", async () => {
  for (let at = 0; ; at += 1) {
    const inner = memoryBackend();
    const other = createStore({ backend: inner }).memory;
    await fill(other, user, 120);
    await other.search(user, "tea");
    let count = -1;
    let written = false;
    const turn = async (): Promise<void> => {
      count += 1;
      if (count !== at) return;
      written = true;
      await other.write(user, [{ id: "new", text: "tea new" }]);
      expect(await other.get(user, "new")).toBeDefined();
    };
    const backend = wrapBackend(inner, {
      async scan(...call) {
        await turn();
        return inner.scan(...call);
      },
      async write(...call) {
        await turn();
        return inner.write(...call);
      },
    });
    await createStore({ backend }).memory.erase(user);
    const { memories } = await other.list(user);
    const seen = memories.map(({ id }) => id);
    // An erasure that begins behind the write erases it too.
    expect([[], ["new"]]).toContainEqual(seen);
    if (at > 0 && written) expect(seen).toEqual(["new"]);
    expect((await other.search(user, "tea")).searched).toBe(seen.length);
    expect((await createStore({ backend: inner }).memory.search(user, "tea")).searched).toBe(
      seen.length,
    );
    if (!written) break;
  }
});

test("an erasure that is cut short by taking the head away first shows nothing of what is left", async () => {
  const { backend, partitions } = watched();
  const one = createStore({ backend }).memory;
  await fill(one, user, 60);
  await one.search(user, "tea");
  for (const partition of partitions)
    await backend.write(partition, { writes: [{ op: "delete", key: "h", expect: "any" }], now: 0 });
  const look = async (ids: readonly string[]): Promise<void> => {
    for (const memory of [one, createStore({ backend }).memory]) {
      expect((await memory.list(user)).memories.map(({ id }) => id)).toEqual(ids);
      expect((await memory.search(user, "tea")).searched).toBe(ids.length);
      expect(await memory.get(user, "~memory/fill~00200/7")).toBeUndefined();
    }
  };
  await look([]);
  await one.write(user, [{ id: "new", text: "tea" }]);
  await look(["new"]);
});

test("an erasure of nothing takes nothing of what is written at the same time", async () => {
  for (let call = 0; call < 12; call += 1) {
    const inner = memoryBackend();
    const other = createStore({ backend: inner }).memory;
    let calls = 0;
    const meddle = async (): Promise<void> => {
      calls += 1;
      if (calls === call) await other.write(user, [{ id: "a", text: "a" }]);
    };
    const backend = wrapBackend(inner, {
      read: async (...asked) => meddle().then(() => inner.read(...asked)),
      scan: async (...asked) => meddle().then(() => inner.scan(...asked)),
      write: async (...asked) => meddle().then(() => inner.write(...asked)),
    });
    await createStore({ backend }).memory.erase(user);
    const { memories } = await other.search(user, "a");
    const listed = (await other.list(user)).memories;
    expect({ call, found: memories.length }).toEqual({ call, found: listed.length });
  }
});

test("a scope that begins while it is erased is found by the next erasure", async () => {
  const { backend: inner, left } = watched();
  const other = createStore({ backend: inner, scope: { user: "ann" } });
  let due = true;
  const backend = wrapBackend(inner, {
    async write(partition, batch) {
      if (due && partition.startsWith("m/")) {
        due = false;
        await other.erase({ operationId: "first" });
      }
      return inner.write(partition, batch);
    },
  });
  await createStore({ backend, scope: { user: "ann" } }).memory.write(user, [
    { id: "a", text: "a" },
  ]);
  expect(due).toBe(false);
  expect(await left()).toBeGreaterThan(0);
  await other.erase({ operationId: "second" });
  expect(await left()).toBe(0);
});

test("deleting a thread keeps its memories out of sight, or frees them where that is asked", async () => {
  for (const memory of [false, true]) {
    const { backend, left } = watched();
    const store = createStore({ backend });
    await fill(store.memory, thread, 60);
    await store.threads.delete("t", { memory });
    await expect(store.memory.write(thread, [{ id: "late", text: "late" }])).rejects.toMatchObject({
      code: "DELETED",
    });
    expect((await store.memory.list(thread)).memories).toEqual([]);
    expect((await left()) === 0).toBe(memory);
    await store.threads.create("t");
    expect((await store.memory.search(thread, "tea")).searched).toBe(0);
    await store.memory.write(thread, [{ id: "new", text: "tea" }]);
    expect((await store.memory.search(thread, "tea")).searched).toBe(1);
  }
});

test("the first memory of a thread that is deleted meanwhile is not kept", async () => {
  const { backend: inner, left } = watched();
  let due = true;
  const backend = wrapBackend(inner, {
    async write(partition, batch) {
      if (due && partition.startsWith("m/")) {
        due = false;
        await createStore({ backend: inner }).threads.delete("t", { memory: true });
      }
      return inner.write(partition, batch);
    },
  });
  await createStore({ backend: inner }).threads.create("t");
  const late = createStore({ backend }).memory.write(thread, [{ id: "a", text: "secret" }]);
  await expect(late).rejects.toMatchObject({ code: "DELETED" });
  expect(due).toBe(false);
  expect(await left()).toBe(0);
});

test("a thread's later life meets none of the memories that somebody else keeps of the one before", async () => {
  const service: NaiveService = { shelves: new Map(), owners: new Map(), revision: 0 };
  const backend = memoryBackend();
  const ann = createStore({
    backend,
    memory: ({ user: of }) => naiveMemory(service, of),
    scope: { user: "ann" },
  });
  await ann.memory.write(thread, [{ id: "a", text: "secret tea" }]);
  await ann.threads.delete("t");
  const bob = ann.for({ user: "bob" });
  await bob.threads.create("t");
  expect(await bob.memory.get(thread, "a")).toBeUndefined();
  await bob.memory.write(thread, [{ id: "b", text: "my tea" }]);
  const { memories, searched } = await bob.memory.search([user, thread], "tea");
  expect(searched).toBe(1);
  expect(memories.map(({ within, memory }) => [within, memory.id])).toEqual([[thread, "b"]]);
  await expect(ann.memory.list(thread)).rejects.toMatchObject({ code: "FORBIDDEN" });
});

test("somebody else's memories of a thread are erased with it", async () => {
  const service: NaiveService = { shelves: new Map(), owners: new Map(), revision: 0 };
  const backend = memoryBackend();
  const store = createStore({ backend, memory: ({ user: of }) => naiveMemory(service, of) });
  await store.memory.write(thread, [{ id: "a", text: "tea" }]);
  await store.threads.delete("t", { memory: true });
  expect([...service.shelves.values()].flatMap(({ memories }) => memories)).toEqual([]);
  await expect(store.memory.write(thread, [{ id: "b", text: "tea" }])).rejects.toBeInstanceOf(
    StorageError,
  );
});
