import { expect, onTestFinished, test, vi } from "vitest";
import { createStore, memoryBackend, type Store, type Thread } from "../../src/index.ts";
import { shardOf } from "../../src/store/directory/shards.ts";
import { wrapBackend } from "../wrap.ts";
import { watched } from "./raw.ts";

const MINUTE = 60_000;
const THEN = 1_700_000_000_000;

async function pages({ threads }: Store, limit: number): Promise<readonly (readonly Thread[])[]> {
  const found: (readonly Thread[])[] = [];
  let cursor: string | undefined;
  do {
    const page: Awaited<ReturnType<typeof threads.list>> = await threads.list(
      cursor === undefined ? { limit } : { limit, cursor },
    );
    found.push(page.threads);
    ({ cursor } = page);
  } while (cursor !== undefined);
  return found;
}

async function append({ history }: Store, index: number): Promise<unknown> {
  return history.append("t", [{ id: `e${index}`, value: index }]);
}

test("lists 1,200 threads of one millisecond, each once, in full pages", async () => {
  const store = createStore({ backend: memoryBackend(), now: () => THEN });
  const users = ["ann", "bob", "eve"];
  const ids = Array.from({ length: 1200 }, (_, index) => `user:${index}`);
  for (const [index, id] of ids.entries())
    await store.for({ user: users[index % 3] ?? "" }).threads.create(id);
  const all = await pages(store, 100);
  expect(all.map((page) => page.length)).toEqual(Array.from({ length: 12 }, () => 100));
  expect(new Set(all.flat().map(({ id }) => id))).toEqual(new Set(ids));
  const hers = (await pages(store.for({ user: "ann" }), 100)).flat();
  expect(hers.map(({ owner }) => owner)).toEqual(Array.from({ length: 400 }, () => "ann"));
  expect(new Set(hers.map(({ id }) => id)).size).toBe(400);
});

test("spreads threads over its partitions", () => {
  const counts = new Map<number, number>();
  for (let index = 0; index < 16_000; index += 1) {
    const shard = shardOf(`user:${index}`);
    counts.set(shard, (counts.get(shard) ?? 0) + 1);
  }
  expect([...counts.keys()].toSorted((one, other) => one - other)).toEqual(
    Array.from({ length: 16 }, (_, shard) => shard),
  );
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

test("what is listed of others costs a user's list nothing", async () => {
  const { backend, calls } = watched(memoryBackend());
  const store = createStore({ backend, now: () => THEN });
  const ann = store.for({ user: "ann" });
  for (let index = 0; index < 10; index += 1) await ann.threads.create(`hers ${index}`);
  const listing = async (): Promise<number> => {
    const before = calls();
    await ann.threads.list();
    return calls() - before;
  };
  const alone = await listing();
  for (let index = 0; index < 500; index += 1)
    await store.for({ user: "bob" }).threads.create(`his ${index}`);
  expect(await listing()).toBe(alone);
  expect(alone).toBeLessThanOrEqual(16 + 10);
});

test("a thread is written to the directory when it is made, then at most once a minute, whoever writes", async () => {
  const { backend, writes } = watched(memoryBackend());
  let now = THEN;
  const processes = [1, 2, 3].map(() => createStore({ backend, now: () => now }));
  const [first] = processes;
  await first?.threads.create("t");
  expect(writes("d/")).toBe(1);
  for (let index = 0; index < 60; index += 1) {
    now += 1000 - 1;
    for (const [place, process] of processes.entries()) await append(process, index * 3 + place);
  }
  expect(writes("d/")).toBe(1);
  for (let index = 200; index < 800; index += 1) {
    now += 1000;
    for (const [place, process] of processes.entries()) await append(process, index * 3 + place);
  }
  expect(writes("d/")).toBe(11);
  for (let index = 0; index < 100; index += 1) await first?.checkpoints.put("t", { index });
  expect(writes("d/")).toBe(11);
});

test("an index that cannot be written makes no append fail, and the next minute's sets it right", async () => {
  const inner = memoryBackend();
  let now = THEN;
  const { backend } = watched(inner);
  const broken = {
    ...backend,
    write: (...[partition, batch]: Parameters<typeof backend.write>) =>
      partition.startsWith("d/") && now < THEN + 3 * MINUTE && now > THEN
        ? Promise.reject(new Error("no answer"))
        : backend.write(partition, batch),
  };
  const store = createStore({ backend: broken, now: () => now });
  for (const id of ["a", "b"]) await store.threads.create(id);
  const order = async (): Promise<readonly string[]> =>
    (await pages(store, 1)).flat().map(({ id }) => id);
  const [, oldest = ""] = await order();
  now += 2 * MINUTE;
  await store.history.append(oldest, [{ id: "e", value: 1 }]);
  expect((await order())[1]).toBe(oldest);
  expect((await store.threads.list()).threads[0]?.id).toBe(oldest);
  now += 2 * MINUTE;
  await store.history.append(oldest, [{ id: "f", value: 2 }]);
  expect((await order())[0]).toBe(oldest);
});

test("an index that throws at once makes no write fail, and one that does not answer holds up one write of many, for a second", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const inner = memoryBackend();
  let now = THEN;
  let index: (() => Promise<never>) | undefined;
  const isIndex = (partition: string): boolean => partition.startsWith("d/") && now > THEN;
  const backend = wrapBackend(inner, {
    scan: (partition, ...call) =>
      isIndex(partition) && index ? index() : inner.scan(partition, ...call),
    write: (partition, ...call) =>
      isIndex(partition) && index ? index() : inner.write(partition, ...call),
  });
  const store = createStore({ backend, now: () => now });
  await store.threads.create("t");
  now += 2 * MINUTE;
  index = () => {
    throw new Error("at once");
  };
  await append(store, 1);
  index = () => new Promise(() => undefined);
  const held = append(store, 2);
  await vi.advanceTimersByTimeAsync(999);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  await held;
  await append(store, 3);
  await store.checkpoints.put("t", { n: 1 });
  expect(vi.getTimerCount()).toBe(0);
  expect((await store.history.read("t")).map(({ id }) => id)).toEqual(["e1", "e2", "e3"]);
});

test("what was listed and never made is skipped, and gone from the directory a day later", async () => {
  const { backend, records } = watched(memoryBackend());
  let now = THEN;
  const cut = {
    ...backend,
    write: (...[partition, batch]: Parameters<typeof backend.write>) =>
      partition.startsWith("t/") && !partition.startsWith("tenants/")
        ? Promise.reject(new Error("killed"))
        : backend.write(partition, batch),
  };
  await expect(
    createStore({ backend: cut, now: () => now }).threads.create("ghost"),
  ).rejects.toThrow();
  const store = createStore({ backend, now: () => now });
  await store.threads.create("t");
  const ids = async (): Promise<readonly string[]> =>
    (await store.threads.list()).threads.map(({ id }) => id);
  expect(await ids()).toEqual(["t"]);
  expect(
    (await records()).filter((one) => one.startsWith("d/") && one.includes("ghost")).length,
  ).toBe(2);
  now += 25 * 60 * MINUTE;
  expect(await ids()).toEqual(["t"]);
  expect((await records()).filter((one) => one.startsWith("d/") && one.includes("ghost"))).toEqual(
    [],
  );
});

test("a thread that lives and is not listed is listed again when it is written to", async () => {
  const { backend } = watched(memoryBackend());
  let now = THEN;
  const store = createStore({ backend, now: () => now, scope: { user: "ann" } });
  await store.threads.create("t");
  const index = `d/-/${String(shardOf("t")).length}.${shardOf("t")}`;
  const { records } = await backend.scan(index, { from: "!", to: "\u007f", limit: 100 }, now);
  expect(records.length).toBe(3);
  await backend.write(index, {
    writes: records.map(({ key }) => ({ op: "delete", key, expect: "any" })),
    now,
  });
  expect((await store.threads.list()).threads).toEqual([]);
  now += 2 * MINUTE;
  await store.history.append("t", [{ id: "e", value: 1 }]);
  expect((await store.threads.list()).threads.map(({ id }) => id)).toEqual(["t"]);
});

test("a damaged thread hides itself and no other", async () => {
  const { backend } = watched(memoryBackend());
  const store = createStore({ backend, now: () => THEN });
  for (const id of ["a", "b"]) await store.threads.create(id, { title: id });
  await backend.write("t/-/1.a", {
    writes: [{ op: "put", key: "about", value: Uint8Array.of(1, 2, 3), expect: "any" }],
    now: THEN,
  });
  expect((await store.threads.list()).threads.map(({ id }) => id)).toEqual(["b"]);
  await expect(store.threads.get("a")).rejects.toMatchObject({ code: "CORRUPT" });
  await store.threads.delete("a");
  expect(await store.threads.get("a")).toBeUndefined();
});
