import { describe, expect, test } from "vitest";
import { createStore, memoryBackend, type NewEntry, type Store } from "../../src/index.ts";
import { wrapBackend } from "../wrap.ts";

const big = "x".repeat(40_000_000);
const many = Array.from({ length: 600 }, (_, at) => ({ id: `e${at}`, value: at }));
const unkept = [{ id: "a", value: (): number => 1 }];

describe("what is refused, or empty", () => {
  test.each<[string, (history: Store["history"]) => Promise<unknown>, string | undefined]>([
    ["an append of a function", (h) => h.append("t", unkept), "UNSUPPORTED_VALUE"],
    ["an append that is too large", (h) => h.append("t", [{ id: "a", value: big }]), "TOO_LARGE"],
    ["an append of too many", (h) => h.append("t", many), "TOO_LARGE"],
    ["an append of nothing", (h) => h.append("t", []), undefined],
    ["the same as an operation", (h) => h.append("t", [], { operationId: "o" }), undefined],
    ["an upsert of a function", (h) => h.upsert("t", unkept), "UNSUPPORTED_VALUE"],
    ["an upsert that is too large", (h) => h.upsert("t", [{ id: "a", value: big }]), "TOO_LARGE"],
    ["an upsert of nothing", (h) => h.upsert("t", []), undefined],
    [
      "a replacement by a function",
      (h) => h.replace("t", {}, unkept, { expected: 0 }),
      "UNSUPPORTED_VALUE",
    ],
    [
      "a replacement that expects what is not there",
      (h) => h.replace("t", {}, [{ id: "a", value: 1 }], { expected: 1 }),
      "CONFLICT",
    ],
    ["a clear", (h) => h.clear("t"), undefined],
  ])("%s makes no thread", async (_what, call, code) => {
    const inner = memoryBackend();
    let writes = 0;
    const backend = wrapBackend(inner, {
      limits: { ...inner.limits, maxValueBytes: 10_000, maxWriteBytes: 40_000 },
      async write(...args) {
        writes += 1;
        return inner.write(...args);
      },
    });
    const store = createStore({ backend });
    const outcome = await call(store.history).then(
      () => undefined,
      (error: { code: string }) => error.code,
    );
    expect(outcome).toBe(code);
    expect(writes).toBe(0);
    expect(await store.threads.get("t")).toBeUndefined();
  });

  test("a number of expected entries that is none is a wrong argument", async () => {
    const { history } = createStore({ backend: memoryBackend() });
    await history.append("t", [{ id: "a", value: 1 }]);
    for (const expected of [Number.NaN, 1.5, -1, "1" as unknown as number])
      await expect(history.replace("t", {}, [], { expected })).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
      });
  });

  test("an id of the store's own names what is there, and makes nothing", async () => {
    const { history } = createStore({ backend: memoryBackend() });
    const { ids } = await history.append("t", [{ value: 1 }], { operationId: "op" });
    expect(ids).toEqual(["~append/op/0"]);
    const own = { id: "~append/op/0", value: 2 };
    const other = { id: "~append/later/0", value: 3 };
    expect((await history.append("t", [own])).cursors).toEqual(["0000000000000000"]);
    await history.upsert("t", [own]);
    await history.replace("t", {}, [own], { expected: 1 });
    expect(await history.read("t")).toMatchObject([own]);
    for (const call of [
      history.append("t", [other]),
      history.append("new", [other]),
      history.upsert("t", [other]),
      history.replace("t", {}, [other], { expected: 1 }),
    ])
      await expect(call).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await history.append("t", [{ value: 3 }], { operationId: "later" });
    expect(await history.count("t")).toBe(2);
  });

  test("what a caller does with its entries after the call changes nothing", async () => {
    const { history } = createStore({ backend: memoryBackend() });
    const value = { said: "hello" };
    const entries: (NewEntry & { id: string })[] = [{ id: "a", value }];
    const upserted = history.upsert("t", entries);
    value.said = "changed";
    await upserted;
    expect(await history.read("t")).toMatchObject([{ value: { said: "hello" } }]);
  });
});

test("a damaged record is CORRUPT or a value, and never an empty history", async () => {
  const inner = memoryBackend();
  const { history } = createStore({ backend: inner });
  await history.append("t", [{ id: "h", value: { m: "hello" } }], { operationId: "op" });
  const texts = ["[null]", "{}", '"x"', "null", "{a", '{"i":"h","t":"1","v":1}', '{"from":1}'];
  for (const text of texts) {
    for (const damaged of ["e~", "e/", "o/"]) {
      const bytes = Uint8Array.from([1, 0, ...Buffer.from(text)]);
      const harm = <R extends { readonly key: string }>(record: R): R =>
        record.key.startsWith(damaged) ? { ...record, value: bytes } : record;
      const backend = wrapBackend(inner, {
        async read(...call) {
          return (await inner.read(...call)).map((record) => record && harm(record));
        },
        async scan(...call) {
          const page = await inner.scan(...call);
          return { ...page, records: page.records.map(harm) };
        },
      });
      const cold = createStore({ backend }).history;
      const call =
        damaged === "o/"
          ? cold.append("t", [{ id: "h", value: 1 }], { operationId: "op" })
          : cold.read("t");
      await expect(call, `${damaged} ${text}`).rejects.toMatchObject({ code: "CORRUPT" });
    }
  }
});
