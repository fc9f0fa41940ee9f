import { expect, test } from "vitest";
import type { Backend } from "../../src/backend/contract.ts";
import { partitionName } from "../../src/backend/keys.ts";
import { memoryBackend } from "../../src/backend/memory.ts";
import type { Store } from "../../src/store/contract.ts";
import { createStore } from "../../src/store/store.ts";
import { outcome } from "./processes.ts";

const thread = partitionName("t", [undefined, "t"]);
const key = (ordinal: number): string => `c/${String(ordinal).padStart(16, "0")}`;

type Damage = (bytes: Uint8Array) => Uint8Array;
const flipped: Damage = (bytes) =>
  bytes.with(bytes.length >> 1, (bytes[bytes.length >> 1] ?? 0) ^ 1);
const cut: Damage = (bytes) => bytes.slice(0, bytes.length >> 1);
const newer: Damage = (bytes) => bytes.with(0, 9);
const empty: Damage = () => new Uint8Array();

/** Writes other bytes in a record's place. */
async function damage(backend: Backend, at: string, how: Damage): Promise<void> {
  const [record] = await backend.read(thread, [at], 0);
  if (!record) throw new Error(`There is no record ${at}.`);
  const value = how(record.value);
  await backend.write(thread, { writes: [{ op: "put", key: at, value, expect: "any" }], now: 0 });
}

/** Three checkpoints, the second a change on the first, the third whole. */
async function aThread(): Promise<{ backend: Backend; ids: string[]; store: () => Store }> {
  const backend = memoryBackend();
  const store = (): Store => createStore({ backend });
  const { checkpoints } = store();
  const text = "x".repeat(3000);
  const ids = [await checkpoints.put("t", { text, n: 1 })];
  ids.push(await checkpoints.put("t", { text, n: 2 }));
  ids.push(await checkpoints.put("t", { n: 3 }));
  return { backend, ids, store };
}

const hows: readonly (readonly [string, Damage, string])[] = [
  ["a flipped bit", flipped, "CORRUPT"],
  ["a cut", cut, "CORRUPT"],
  ["a newer version", newer, "INCOMPATIBLE"],
  ["no bytes", empty, "CORRUPT"],
];

test.each(hows)(
  "a damaged head hides nothing but itself, and a put makes the thread usable again: %s",
  async (_what, how, code) => {
    const { backend, ids, store } = await aThread();
    await damage(backend, key(3), how);
    const { checkpoints } = store();
    expect(await outcome(checkpoints.get("t"))).toBe(code);
    expect(await outcome(checkpoints.record("t"))).toBe(code);
    expect(await outcome(checkpoints.get("t", ids[2]))).toBe(code);
    expect(await checkpoints.get("t", ids[1])).toMatchObject({ n: 2 });
    const list = await checkpoints.list("t");
    expect(list.map(({ id, damaged }) => [id, damaged])).toEqual([
      ["3-damaged", code],
      [ids[1], undefined],
      [ids[0], undefined],
    ]);
    expect(await outcome(checkpoints.get("t", "3-damaged"))).toBe(code);
    expect(await outcome(checkpoints.append("t", { parentId: ids[2] ?? "", changes: [] }))).toBe(
      code,
    );
    const state = { text: "y".repeat(3000), n: 4 };
    const id = await checkpoints.put("t", state);
    for (const reader of [checkpoints, store().checkpoints]) {
      expect(await reader.get("t")).toEqual(state);
      expect(await reader.get("t", id)).toEqual(state);
    }
  },
);

test.each(hows)(
  "a damaged base is told apart from what stands beside it: %s",
  async (_what, how, code) => {
    const { backend, ids, store } = await aThread();
    await damage(backend, key(1), how);
    const { checkpoints } = store();
    expect(await checkpoints.get("t")).toEqual({ n: 3 });
    expect(await outcome(checkpoints.get("t", ids[1]))).toBe(code);
    expect(await checkpoints.record("t", ids[1])).toMatchObject({ id: ids[1] });
    expect(await checkpoints.list("t")).toMatchObject([
      { id: ids[2] },
      { id: ids[1] },
      { id: "1-damaged", damaged: code },
    ]);
  },
);

test.each(hows)("a damaged checkpoint can be deleted by either id: %s", async (_what, how) => {
  for (const pick of [(ids: string[]) => ids[2], () => "3-damaged"]) {
    const { backend, ids, store } = await aThread();
    await damage(backend, key(3), how);
    const { checkpoints } = store();
    await checkpoints.delete("t", pick(ids));
    expect(await checkpoints.get("t")).toMatchObject({ n: 2 });
    expect((await checkpoints.list("t")).map(({ id }) => id)).toEqual([ids[1], ids[0]]);
    for (const id of [ids[2] ?? "", "3-damaged"]) {
      expect(await checkpoints.get("t", id)).toBeNull();
      expect(await checkpoints.record("t", id)).toBeNull();
      expect(await outcome(checkpoints.attachments("t", id))).toBe("NOT_FOUND");
      expect(await outcome(checkpoints.put("t", 1, { parentId: id }))).toBe("NOT_FOUND");
    }
  }
});

test("the name of a damaged checkpoint can be given again once that is deleted", async () => {
  const { backend, store } = await aThread();
  await store().checkpoints.put("t", { n: 4 }, { id: "a" });
  await damage(backend, key(4), flipped);
  expect(await outcome(store().checkpoints.put("t", { n: 4 }, { id: "a" }))).toBe("CORRUPT");
  await store().checkpoints.delete("t", "a");
  expect(await store().checkpoints.put("t", { n: 5 }, { id: "a" })).toBe("a");
  expect(await store().checkpoints.get("t", "a")).toEqual({ n: 5 });
});

test.each(hows)(
  "damaged exceptions stop only what depends on them, and deleting all mends them: %s",
  async (_what, how, code) => {
    const { backend, ids, store } = await aThread();
    await store().checkpoints.delete("t", ids[0]);
    await damage(backend, "v", how === flipped ? cut : how);
    const { checkpoints } = store();
    expect(await checkpoints.get("t")).toEqual({ n: 3 });
    expect(await outcome(checkpoints.get("t", ids[0]))).toBe(code);
    expect(await outcome(checkpoints.list("t"))).toBe(code);
    expect(await outcome(checkpoints.delete("t", ids[1]))).toBe(code);
    await checkpoints.put("t", { n: 4 });
    await checkpoints.delete("t");
    expect(await checkpoints.list("t")).toEqual([]);
    await checkpoints.put("t", { n: 5 });
    expect((await checkpoints.list("t")).length).toBe(1);
  },
);

test.each(hows)(
  "a damaged head record says so, and deleting all starts anew above everything: %s",
  async (_what, how, code) => {
    const { backend, ids, store } = await aThread();
    await store().checkpoints.delete("t", ids[2]);
    await damage(backend, "h", how === flipped ? cut : how);
    const { checkpoints } = store();
    expect(await outcome(checkpoints.get("t"))).toBe(code);
    expect(await outcome(checkpoints.put("t", {}))).toBe(code);
    await checkpoints.delete("t");
    expect(await checkpoints.get("t")).toBeNull();
    expect(await checkpoints.get("t", ids[0])).toBeNull();
    const id = await checkpoints.put("t", { n: 5 });
    expect(id.split("-")[0]).toBe("4");
    expect((await store().checkpoints.list("t")).map((one) => one.id)).toEqual([id]);
  },
);

test("a damaged life answers nobody who must be known", async () => {
  const { backend, store } = await aThread();
  await damage(backend, "life", cut);
  expect(await outcome(store().for({ user: "ada" }).checkpoints.get("t"))).toBe("CORRUPT");
  expect(await store().checkpoints.get("t")).toEqual({ n: 3 });
});

test("a damaged operation record is no answer", async () => {
  const { backend, store } = await aThread();
  const options = { operationId: "op" };
  await store().checkpoints.put("t", { n: 4 }, options);
  await damage(backend, "o/c-put//op", cut);
  expect(await outcome(store().checkpoints.put("t", { n: 4 }, options))).toBe("CORRUPT");
  expect((await store().checkpoints.list("t")).length).toBe(4);
});
