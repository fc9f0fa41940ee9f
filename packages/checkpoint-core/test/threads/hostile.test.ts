import { expect, test } from "vitest";
import {
  type Backend,
  copyStore,
  createStore,
  memoryBackend,
  partitionName,
  prefixRange,
  type Store,
  type StoreOptions,
} from "../../src/index.ts";
import { hostileStrings } from "../../src/conformance/hostileStrings.ts";
import { storeContext } from "../../src/store/context.ts";
import { endLife } from "../../src/store/threads/ending.ts";
import { type NaiveService, naiveMemory } from "../conformance/naiveMemory.ts";
import { wrapBackend } from "../wrap.ts";

const NOW = 1_700_000_000_000;
const user = { kind: "user" } as const;
const thread = { kind: "thread", threadId: "t" } as const;

const at = (backend: Backend, more: Partial<StoreOptions> = {}): Store =>
  createStore({ backend, now: () => NOW, ...more });

const down = async (): Promise<never> => {
  throw new Error("The embedder is down.");
};

/** A backend whose directory says nothing that can be read of a thread. */
async function damaged(id: string, fill: (store: Store) => Promise<void>): Promise<Backend> {
  const backend = memoryBackend();
  const names = new Set<string>();
  const seen = wrapBackend(backend, {
    write(partition, batch) {
      if (partition.startsWith("d/")) names.add(partition);
      return backend.write(partition, batch);
    },
  });
  await fill(at(seen, { scope: { user: "ann" } }));
  const value = new Uint8Array([1, 0, 99, 7]);
  for (const name of names) {
    const { records } = await backend.scan(name, { from: "!", to: "~", limit: 99 }, NOW);
    for (const { key } of records.filter((record) => record.key.includes(id)))
      await backend.write(name, { writes: [{ op: "put", key, value, expect: "any" }], now: NOW });
  }
  return backend;
}

test("a damaged entry of the directory hides no thread from lists, and is told by a copy", async () => {
  const backend = await damaged("one", async (store) => {
    for (const id of ["one", "two"]) await store.threads.create(id);
  });
  for (const scope of [{ user: "ann" }, {}]) {
    const { threads } = await at(backend, { scope }).threads.list();
    expect(threads.map(({ id }) => id).toSorted()).toEqual(["one", "two"]);
  }
  const report = await copyStore(at(backend), at(memoryBackend()));
  expect(report).toMatchObject({ threads: 1, damaged: [{ key: "t/one/ann" }] });
});

test("an erasure that cannot read the directory erases the rest, and is not done", async () => {
  const one = "x".repeat(300);
  const backend = await damaged("~~", async (store) => {
    for (const id of [one, "two"]) await store.threads.create(id);
    await store.memory.write(user, [{ id: "m", text: "hers" }]);
  });
  const ann = at(backend, { scope: { user: "ann" } });
  for (let tries = 0; tries < 2; tries += 1)
    await expect(ann.erase({ operationId: "op" })).rejects.toMatchObject({ code: "CORRUPT" });
  expect(await ann.threads.get("two")).toBeUndefined();
  expect((await ann.memory.list(user)).memories).toEqual([]);
});

test("a memory that is refused makes no thread", async () => {
  const backend = memoryBackend();
  const memory = { embedder: { name: "e", dimensions: 2, embed: down } };
  const store = at(backend, { memory });
  await expect(store.memory.write(thread, [{ id: "a", text: "a" }])).rejects.toThrow("down");
  const refused = at(backend).memory.write(thread, [{ id: "~a", text: "a" }]);
  await expect(refused).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(await store.threads.get("t")).toBeUndefined();
});

test("somebody else's memories of a thread are its owner's, whoever asks in the tenant", async () => {
  const service: NaiveService = { shelves: new Map(), owners: new Map(), revision: 0 };
  const memory: StoreOptions["memory"] = (scope) => naiveMemory(service, scope.user);
  const whole = at(memoryBackend(), { memory });
  const ann = whole.for({ user: "ann" });
  await ann.memory.write(thread, [{ id: "a", text: "green tea" }]);
  await whole.memory.write(user, [{ id: "b", text: "black tea" }]);
  expect((await whole.memory.get(thread, "a"))?.text).toBe("green tea");
  const found = await whole.memory.search([user, thread], "tea");
  expect(found.memories.map(({ memory: { id } }) => id).toSorted()).toEqual(["a", "b"]);
  expect((await whole.memory.search([user, thread], "tea", { limit: 1 })).memories).toHaveLength(1);
  await whole.threads.delete("t", { memory: true });
  const left = [...service.shelves.values()].flatMap(({ memories }) => memories);
  expect(JSON.stringify(left)).not.toContain("green");
});

test("a change of somebody else's memories makes no thread", async () => {
  const service: NaiveService = { shelves: new Map(), owners: new Map(), revision: 0 };
  const store = at(memoryBackend(), { memory: (scope) => naiveMemory(service, scope.user) });
  await expect(store.memory.update(thread, [{ id: "a", text: "a" }])).rejects.toMatchObject({
    code: "NOT_FOUND",
  });
  expect(await store.memory.delete(thread, ["a"])).toEqual({ ids: [], replayed: false });
  expect(await store.threads.get("t")).toBeUndefined();
  await store.threads.create("t");
  await store.threads.delete("t");
  await expect(store.memory.delete(thread, ["a"])).rejects.toMatchObject({ code: "DELETED" });
});

test("users of any name have their own threads and memories, and are erased alone", async () => {
  const backend = memoryBackend();
  const own = ["*", "-", "1.a", "~~", "null", '"null"', "a/b", "é".repeat(60), "é".repeat(61)];
  const names = [...new Set([...hostileStrings, ...own])].filter((name) => name !== "");
  const scoped = (name: string): Store => at(backend, { scope: { user: name } });
  for (const name of names) {
    await scoped(name).threads.create(name);
    await scoped(name).memory.write(user, [{ id: "m", text: `of ${name}` }]);
    await scoped(name).memory.write({ kind: "agent", agent: name }, [{ id: "m", text: "m" }]);
  }
  const seen = async (name: string): Promise<readonly unknown[]> => [
    (await scoped(name).threads.list()).threads.map(({ id }) => id),
    (await scoped(name).memory.list(user)).memories.map(({ text }) => text),
    (await scoped(name).memory.list({ kind: "agent", agent: name })).memories.length,
  ];
  for (const [index, name] of names.entries())
    if (index % 2) await scoped(name).erase({ operationId: "op" });
  for (const [index, name] of names.entries())
    expect(await seen(name)).toEqual(index % 2 ? [[], [], 0] : [[name], [`of ${name}`], 1]);
});

test("a deletion that is cut short goes on where it was, however little time a call has", async () => {
  const backend = memoryBackend();
  const count = 300;
  for (let index = 0; index < count; index += 1)
    await at(backend).runs.start("t", { runId: `run ${index}` });
  for (let index = 0; index < 20; index += 1)
    await at(backend).streams.append(`stream ${index}`, ["x"], { threadId: "t" });
  const context = storeContext(
    { backend, now: () => NOW, operationTtlMs: 1e9, ready: async () => undefined },
    {},
  );
  const life = (await at(backend).threads.get("t"))?.life ?? 0;
  let calls = 0;
  let answer = "again";
  for (; answer === "again" && calls < 100; calls += 1)
    answer = await endLife(context, { threadId: "t", life, memory: true }, () => false);
  expect(answer).toBe("done");
  expect(calls).toBeLessThan(40);
  expect(await at(backend).threads.get("t")).toBeUndefined();
  expect((await at(backend).runs.list({})).runs).toEqual([]);
  for (let index = 0; index < 20; index += 1)
    expect((await at(backend).streams.read(`stream ${index}`)).events).toEqual([]);
});

test("a thread goes although what belongs to it cannot be read, or whose it is but for the directory", async () => {
  const backend = memoryBackend();
  const ann = at(backend, { scope: { user: "ann" } });
  for (const id of ["t", "u", "v"]) {
    await ann.streams.append(`stream of ${id}`, ["x"], { threadId: id });
    await ann.runs.start(id, { runId: `run of ${id}` });
  }
  const value = new Uint8Array([1, 0, 99, 7]);
  const spoil = async (id: string, prefix: string): Promise<void> => {
    const name = partitionName("t", [undefined, id]);
    const page = await backend.scan(name, { ...prefixRange(prefix), limit: 9 }, NOW);
    for (const { key } of page.records)
      await backend.write(name, { writes: [{ op: "put", key, value, expect: "any" }], now: NOW });
  };
  for (const prefix of ["b/", "run/"]) await spoil("t", prefix);
  await ann.threads.delete("t");
  expect(await ann.threads.get("t")).toBeUndefined();
  await spoil("u", "life");
  await ann.erase({ operationId: "op" });
  for (const id of ["u", "v"]) expect(await ann.threads.get(id)).toBeUndefined();
  expect(await ann.streams.get("stream of u")).toBeUndefined();
});

test("a list refuses a cursor that no key can hold", async () => {
  const time = "0".repeat(16);
  for (const place of [`${time}/${"a".repeat(201)}`, `${time}/a/${"b".repeat(1000)}`, `${time}/`]) {
    const cursor = Buffer.from(place).toString("base64url");
    const listed = at(memoryBackend()).threads.list({ cursor });
    await expect(listed).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  }
});

test("a thread whose making stood still is listed, also where what it had listed was taken away", async () => {
  const backend = memoryBackend();
  let now = NOW;
  const clock = (): number => now;
  const slow = wrapBackend(backend, {
    async write(partition, batch) {
      if (partition.startsWith("t/") && now === NOW) {
        now += 2 * 60_000;
        await at(backend, { now: clock }).erase({ operationId: "op" });
      }
      return backend.write(partition, batch);
    },
  });
  await at(slow, { now: clock }).threads.create("t");
  expect(now).toBeGreaterThan(NOW);
  const { threads } = await at(backend, { now: clock }).threads.list();
  expect(threads.map(({ id }) => id)).toEqual(["t"]);
});
