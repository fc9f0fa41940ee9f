import { describe, expect, test } from "vitest";
import { partitionName } from "../../src/backend/keys.ts";
import {
  type Backend,
  createStore,
  type HistoryEntry,
  memoryBackend,
  type Store,
} from "../../src/index.ts";
import { wrapBackend } from "../wrap.ts";

const entry = (id: string): { id: string; value: string } => ({ id, value: id.toUpperCase() });

const values = (found: readonly HistoryEntry[]): unknown[] => found.map(({ value }) => value);

/** A backend on which something happens once: between a scan of entries and its answer, or just before the scan. */
function afterScan(
  inner: Backend,
  happens: () => Promise<void>,
  { first = false }: { readonly first?: boolean } = {},
): Backend {
  let done = false;
  return wrapBackend(inner, {
    async scan(partition, range, now) {
      const page = await inner.scan(partition, range, now);
      if (done || !range.from.startsWith("e/")) return page;
      done = true;
      await happens();
      return first ? inner.scan(partition, range, now) : page;
    },
  });
}

function dropThread(backend: Backend): Promise<void> {
  return backend.drop(partitionName("t", [undefined, "t"]), Date.now());
}

/** Ann's thread, which becomes Bob's. */
async function handedOver(backend: Backend): Promise<void> {
  const store = createStore({ backend });
  await dropThread(backend);
  const bob = store.for({ user: "bob" });
  await bob.threads.create("t");
  await bob.history.append("t", [entry("b")]);
}

async function annsThread(count = 1): Promise<{ backend: Backend; ann: Store }> {
  const backend = memoryBackend();
  const ann = createStore({ backend }).for({ user: "ann" });
  for (let first = 0; first < count; first += 20) {
    const more = Array.from({ length: Math.min(20, count - first) }, (_, at) =>
      entry(`a${first + at}`),
    );
    await ann.history.append("t", more);
  }
  return { backend, ann };
}

describe("a thread that gets another life", () => {
  test("shows nobody the entries of the other one, in a page or in many", async () => {
    for (const range of [{}, { limit: 3 }, { before: "0000000000000009" }]) {
      const { backend } = await annsThread(10);
      const shared = afterScan(backend, () => handedOver(backend));
      const ann = createStore({ backend: shared }).for({ user: "ann" });
      await expect(ann.history.read("t", range)).rejects.toMatchObject({ code: "FORBIDDEN" });
    }
    const { backend } = await annsThread(10);
    const shared = afterScan(backend, () => handedOver(backend));
    const bob = createStore({ backend: shared }).for({ user: "bob" });
    await expect(bob.history.read("t")).resolves.toMatchObject([{ value: "B" }]);
  });

  test("is read as one of the two lives, over many pages", async () => {
    const { backend } = await annsThread(620);
    const shared = afterScan(backend, () => handedOver(backend));
    const read = await createStore({ backend: shared }).history.read("t");
    expect(values(read)).toEqual(["B"]);
  });

  test("loses nothing to the sweep of a clear in the life before", async () => {
    const { backend } = await annsThread(3);
    const shared = afterScan(
      backend,
      async () => {
        const store = createStore({ backend });
        await dropThread(backend);
        await store.threads.create("t");
        await store.history.append("t", [entry("x"), entry("y")]);
      },
      { first: true },
    );
    await createStore({ backend: shared }).history.clear("t");
    const { history } = createStore({ backend });
    expect(values(await history.read("t"))).toEqual(["X", "Y"]);
    expect(await history.count("t")).toBe(2);
    const again = await history.append("t", [entry("x")]);
    expect(again.cursors).toEqual(["0000000000000000"]);
  });

  test("is its new owner's for a process that remembers the old one", async () => {
    const { backend, ann } = await annsThread();
    await dropThread(backend);
    const process = createStore({ backend });
    await process.for({ user: "cid" }).threads.create("t");
    await process.for({ user: "cid" }).history.append("t", [entry("c")]);
    await handedOver(backend);
    const bob = process.for({ user: "bob" });
    await bob.history.append("t", [entry("d")]);
    expect(values(await bob.history.read("t"))).toEqual(["B", "D"]);
    await expect(ann.history.append("t", [entry("e")])).rejects.toMatchObject({
      code: "FORBIDDEN",
    });
  });

  test("answers no retry to anybody but its owner", async () => {
    const { backend, ann } = await annsThread();
    const once = { operationId: "op" };
    const bob = createStore({ backend }).for({ user: "bob" }).history;
    const range = { from: "0000000000000000", to: "0000000000000000" };
    await ann.history.append("t", [{ value: 1 }], once);
    await ann.history.upsert("t", [entry("a0")], once);
    await ann.history.replace("t", range, [entry("a0")], { expected: 1, ...once });
    await ann.history.clear("t", once);
    for (const call of [
      () => bob.append("t", [{ value: 1 }], once),
      () => bob.append("t", [], once),
      () => bob.upsert("t", [entry("a0")], once),
      () => bob.replace("t", range, [entry("a0")], { expected: 1, ...once }),
      () => bob.clear("t", once),
    ])
      await expect(call()).rejects.toMatchObject({ code: "FORBIDDEN" });
  });
});
