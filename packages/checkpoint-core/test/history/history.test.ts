import { describe, expect, test } from "vitest";
import { createStore, memoryBackend, type NewEntry, type Store } from "../../src/index.ts";
import { losingAcknowledgements, wrapBackend } from "../wrap.ts";

const values = async (store: Store, threadId = "t"): Promise<unknown[]> =>
  (await store.history.read(threadId)).map(({ value }) => value);

const entries = (...ids: string[]): (NewEntry & { id: string })[] =>
  ids.map((id) => ({ id, value: id.toUpperCase() }));

const open = async (): Promise<Store> => {
  const store = createStore({ backend: memoryBackend() });
  await store.history.append("t", entries("a", "b", "c", "d", "e"));
  return store;
};
const ids = (found: readonly { readonly id: string }[]): string =>
  found.map(({ id }) => id).join("");
const at = (place: number): string => String(place).padStart(16, "0");

describe("append", () => {
  test("keeps entries in write order, with their ids, dates and cursors", async () => {
    const store = createStore({ backend: memoryBackend(), now: () => 1_000 });
    const written = await store.history.append("t", entries("a", "b"));
    expect(written).toEqual({
      ids: ["a", "b"],
      cursors: ["0000000000000000", "0000000000000001"],
      replayed: false,
    });
    const createdAt = new Date(1_000);
    const revision = expect.any(Number) as number;
    expect(await store.history.read("t")).toEqual([
      { id: "a", value: "A", createdAt, cursor: "0000000000000000", revision },
      { id: "b", value: "B", createdAt, cursor: "0000000000000001", revision },
    ]);
    expect(await store.history.count("t")).toBe(2);
  });

  test("answers a retry with what the first one wrote, also when the payload was rebuilt", async () => {
    const store = createStore({ backend: memoryBackend() });
    const first = await store.history.append("t", [{ value: 1 }], { operationId: "op" });
    const retry = await store.history.append("t", [{ value: 2 }], { operationId: "op" });
    expect(retry).toEqual({ ...first, replayed: true });
    expect(await values(store)).toEqual([1]);
  });

  test("keeps equal messages of different operations apart", async () => {
    const store = createStore({ backend: memoryBackend() });
    await store.history.append("t", [{ value: "same" }], { operationId: "one" });
    await store.history.append("t", [{ value: "same" }], { operationId: "two" });
    expect(await values(store)).toEqual(["same", "same"]);
  });

  test("writes an entry of a known id once and answers its place", async () => {
    const store = createStore({ backend: memoryBackend() });
    await store.history.append("t", entries("a"));
    const again = await store.history.append("t", [{ id: "a", value: "other" }, ...entries("b")]);
    expect(again.cursors).toEqual(["0000000000000000", "0000000000000001"]);
    expect(await values(store)).toEqual(["A", "B"]);
  });

  test("refuses an entry that nothing names, before anything is written", async () => {
    const store = createStore({ backend: memoryBackend() });
    await expect(store.history.append("t", [{ value: 1 }])).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    expect(await store.threads.get("t")).toBeUndefined();
  });

  test("refuses what cannot be kept before the thread is made", async () => {
    const store = createStore({ backend: memoryBackend() });
    const unkept = [{ id: "a", value: () => undefined }];
    await expect(store.history.append("t", unkept)).rejects.toMatchObject({
      code: "UNSUPPORTED_VALUE",
    });
    expect(await store.threads.get("t")).toBeUndefined();
  });

  test("doubles nothing after any lost acknowledgement, retried with the same operation", async () => {
    for (let lost = 0; lost < 6; lost += 1) {
      const inner = memoryBackend();
      const store = createStore({
        backend: losingAcknowledgements(inner, (index) => index === lost),
      });
      for (const operationId of ["one", "two", "three"]) {
        const call = () => store.history.append("t", [{ value: operationId }], { operationId });
        await call().catch(call);
      }
      expect(await values(createStore({ backend: inner }))).toEqual(["one", "two", "three"]);
    }
  });

  test("loses and doubles nothing when two processes race", async () => {
    const backend = memoryBackend();
    const [one, other] = [createStore({ backend }), createStore({ backend })];
    await Promise.all(
      Array.from({ length: 64 }, (_, index) =>
        (index % 2 === 0 ? one : other).history.append("t", [{ value: index }], {
          operationId: `${index}`,
        }),
      ),
    );
    const found = await values(createStore({ backend }));
    expect(found.toSorted((a, b) => Number(a) - Number(b))).toEqual([...Array(64).keys()]);
    expect(await one.history.count("t")).toBe(64);
  });

  test("reads nothing while the head that it remembers is right", async () => {
    const inner = memoryBackend();
    let reads = 0;
    const backend = wrapBackend(inner, {
      read: async (...call) => {
        reads += 1;
        return inner.read(...call);
      },
    });
    const store = createStore({ backend });
    await store.history.append("t", entries("a"));
    reads = 0;
    await store.history.append("t", entries("b"));
    expect(reads).toBe(0);
    expect(await values(store)).toEqual(["A", "B"]);
  });

  test("refuses another user's thread and does not see another tenant's", async () => {
    const backend = memoryBackend();
    const ann = createStore({ backend, scope: { tenant: "x", user: "ann" } });
    await ann.history.append("t", entries("a"));
    const bob = ann.for({ user: "bob" });
    await expect(bob.history.append("t", entries("b"))).rejects.toMatchObject({
      code: "FORBIDDEN",
    });
    await expect(bob.history.read("t")).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(bob.history.count("t")).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(await values(ann.for({ tenant: "y" }))).toEqual([]);
    expect(await values(ann)).toEqual(["A"]);
  });
});

describe("read", () => {
  test("answers the last n, and bounds by cursors", async () => {
    const { history } = await open();
    expect(ids(await history.read("t", { limit: 2 }))).toBe("de");
    expect(ids(await history.read("t", { limit: 0 }))).toBe("");
    expect(ids(await history.read("t", { after: at(1) }))).toBe("cde");
    expect(ids(await history.read("t", { before: at(3) }))).toBe("abc");
    expect(ids(await history.read("t", { upTo: at(3) }))).toBe("abcd");
    expect(ids(await history.read("t", { after: at(0), upTo: at(3), limit: 2 }))).toBe("cd");
    expect(ids(await history.read("nowhere"))).toBe("");
  });

  test("stops ahead of the byte budget, and answers at least one", async () => {
    const { history } = await open();
    expect(ids(await history.read("t", { maxBytes: 1 }))).toBe("e");
    expect(ids(await history.read("t", { maxBytes: 100_000 }))).toBe("abcde");
  });

  test("pages through what is longer than a page", async () => {
    const store = createStore({ backend: memoryBackend() });
    for (let batch = 0; batch < 12; batch += 1)
      await store.history.append(
        "t",
        Array.from({ length: 100 }, (_, n) => ({ id: `${batch}.${n}`, value: batch * 100 + n })),
      );
    expect(await values(store)).toEqual([...Array(1200).keys()]);
    expect((await store.history.read("t", { limit: 700 })).map(({ value }) => value)).toEqual(
      [...Array(700).keys()].map((n) => n + 500),
    );
  });

  test("refuses limits and cursors that are none", async () => {
    const { history } = await open();
    for (const range of [
      { limit: 1.5 },
      { limit: -1 },
      { maxBytes: 0 },
      { after: "x" },
      { before: "" },
    ])
      await expect(history.read("t", range)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("reads again when a clear came between its two looks", async () => {
    const inner = memoryBackend();
    const other = createStore({ backend: inner });
    await other.history.append("t", entries("a", "b"));
    let scans = 0;
    const backend = wrapBackend(inner, {
      scan: async (...call) => {
        const page = await inner.scan(...call);
        scans += 1;
        if (scans === 1) {
          await other.history.clear("t");
          await other.history.append("t", entries("c"));
        }
        return page;
      },
    });
    const store = createStore({ backend });
    expect(ids(await store.history.read("t", { upTo: at(9) }))).toBe("c");
  });
});

describe("rewriting", () => {
  test("upsert keeps the place and the date of an entry that is there", async () => {
    let now = 1;
    const store = createStore({ backend: memoryBackend(), now: () => now });
    await store.history.append("t", entries("a", "b"));
    now = 2;
    await store.history.upsert("t", [
      { id: "a", value: "new" },
      { id: "c", value: "C" },
    ]);
    expect(
      (await store.history.read("t")).map(({ id, value, createdAt }) => [
        id,
        value,
        createdAt.getTime(),
      ]),
    ).toEqual([
      ["a", "new", 1],
      ["b", "B", 1],
      ["c", "C", 2],
    ]);
    expect(await store.history.count("t")).toBe(3);
  });

  test("replace puts a summary where a range was, and refuses another number of entries than expected", async () => {
    const store = createStore({ backend: memoryBackend() });
    const { cursors } = await store.history.append("t", entries("a", "b", "c", "d"));
    const range = { to: cursors[2] ?? "" };
    await expect(
      store.history.replace("t", range, entries("s"), { expected: 2 }),
    ).rejects.toMatchObject({ code: "CONFLICT" });
    await store.history.replace("t", range, entries("s"), { expected: 3 });
    expect(await values(store)).toEqual(["S", "D"]);
    expect(await store.history.count("t")).toBe(2);
    await store.history.append("t", entries("a"));
    expect(await values(store)).toEqual(["S", "D", "A"]);
  });

  test("a replacement longer than its range never lands on its neighbours", async () => {
    const store = createStore({ backend: memoryBackend() });
    await store.history.append("t", entries("a", "z"));
    const first = (await store.history.read("t"))[0]?.cursor ?? "";
    await store.history.replace("t", { from: first, to: first }, entries("b", "c", "d"), {
      expected: 1,
    });
    await store.history.replace("t", { from: first, to: first }, entries("e", "f", "g"), {
      expected: 1,
    });
    await store.history.replace("t", { from: first, to: first }, entries("h", "i"), {
      expected: 1,
    });
    expect((await values(store)).join("")).toBe("HIFGCDZ");
    expect(await store.history.count("t")).toBe(7);
  });

  test("clear leaves nothing, frees the space, and an id can be used again", async () => {
    const backend = memoryBackend();
    const store = createStore({ backend });
    await store.history.append(
      "t",
      Array.from({ length: 100 }, (_, n) => ({ id: `${n}`, value: n })),
    );
    await store.history.clear("t", { operationId: "clear" });
    expect(await values(store)).toEqual([]);
    await store.history.append("t", [{ id: "5", value: "again" }]);
    await store.history.clear("t", { operationId: "clear" });
    expect(await values(store)).toEqual(["again"]);
    expect(await store.history.count("t")).toBe(1);
  });
});
