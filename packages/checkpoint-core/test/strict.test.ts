import { describe, expect, test } from "vitest";
import {
  type Backend,
  createStore,
  memoryBackend,
  type OperationOptions,
  prefixRange,
  type Scope,
  type Store,
} from "../src/index.ts";
import { wrapBackend } from "./wrap.ts";

const THEN = 1_700_000_000_000;
const DAY = 24 * 60 * 60 * 1000;
const strict = { operationId: "op", strict: true };

/** A store with a clock of its own, over a backend that others may share. */
function open(backend: Backend = memoryBackend(), at = THEN, scope: Scope = {}): Store {
  return createStore({ backend, now: () => at, scope });
}

/** A backend that tells the keys of what is written through it, each once. */
function telling(): { readonly backend: Backend; readonly written: Map<string, Set<string>> } {
  const right = memoryBackend();
  const written = new Map<string, Set<string>>();
  const backend = wrapBackend(right, {
    write(partition, batch) {
      const keys = written.get(partition) ?? new Set();
      written.set(partition, keys);
      for (const one of batch.writes) if ("key" in one) keys.add(one.key);
      return right.write(partition, batch);
    },
  });
  return { backend, written };
}

/** A value inside so many lists. */
function deep(leaf: unknown, levels: number): unknown {
  let value = leaf;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}

/** How many records of operations two writes make. */
async function operationsOf(options: OperationOptions): Promise<number> {
  const { backend, written } = telling();
  const store = open(backend);
  await store.history.append("t", [{ value: 1 }], options);
  await store.checkpoints.put("t", { n: 1 }, options);
  const keys = [...written.values()].flatMap((all) => Array.from(all));
  return keys.filter((key) => key.startsWith("o/")).length;
}

const conflict = { code: "CONFLICT" };

describe("what a strict call is compared by", () => {
  const puts = {
    expectedHead: null,
    parentId: "base",
    id: "mine",
    metadata: { m: 1 },
    ttlMs: 5,
  };
  test.each(Object.entries(puts))("a put's %s", async (name, value) => {
    const store = open();
    await store.checkpoints.put("t", { n: 0 }, { id: "base" });
    await store.checkpoints.put("t", { n: 1 }, strict);
    const retry = store.checkpoints.put("t", { n: 1 }, { ...strict, [name]: value });
    await expect(retry).rejects.toMatchObject(conflict);
    const absent = { ...strict, [name]: undefined };
    expect(await store.checkpoints.put("t", { n: 1 }, absent)).toBeTypeOf("string");
  });

  test("whether an append may branch, and every one of its changes", async () => {
    const { checkpoints } = open();
    await checkpoints.put("t", { n: 0, list: [] }, { id: "base" });
    const changes = [
      { path: ["n"], set: 1 },
      { path: ["list"], append: [1, 2] },
    ];
    const append = { ...strict, parentId: "base", changes };
    const first = await checkpoints.append("t", append);
    expect(await checkpoints.append("t", append)).toBe(first);
    for (const other of [
      { branch: true },
      { changes: changes.slice(0, 1) },
      { changes: changes.toReversed() },
      { changes: [{ path: ["n"], remove: true as const }] },
      { parentId: first },
    ])
      await expect(checkpoints.append("t", { ...append, ...other })).rejects.toMatchObject(
        conflict,
      );
  });

  test("a replacement's range and what it expected, and every entry in its order", async () => {
    const { history } = open();
    const { cursors } = await history.append("t", [{ id: "a", value: 1 }]);
    const entries = [
      { id: "b", value: 1 },
      { id: "c", value: 2 },
    ];
    const first = await history.replace("t", {}, entries, { ...strict, expected: 1 });
    const again = await history.replace("t", {}, entries, { ...strict, expected: 1 });
    expect(again).toEqual({ ...first, replayed: true });
    const from = cursors[0] ?? "";
    for (const retry of [
      history.replace("t", { from }, entries, { ...strict, expected: 1 }),
      history.replace("t", {}, entries, { ...strict, expected: 2 }),
      history.replace("t", {}, entries.toReversed(), { ...strict, expected: 1 }),
    ])
      await expect(retry).rejects.toMatchObject(conflict);
  });

  test("whether an attachment may stand already, a stream's lifetime, and an entry's own id", async () => {
    const { checkpoints, streams, history } = open();
    await checkpoints.put("t", { n: 0 }, { id: "base" });
    await checkpoints.attach("t", "base", "k", 1, strict);
    await streams.append("s", [1], strict);
    await history.append("t", [{ value: 1 }], strict);
    for (const retry of [
      checkpoints.attach("t", "base", "k", 1, { ...strict, ifAbsent: true }),
      streams.append("s", [1], { ...strict, ttlMs: DAY }),
      history.append("t", [{ id: "own", value: 1 }], strict),
    ])
      await expect(retry).rejects.toMatchObject(conflict);
  });

  test("what takes a title away is not what leaves it", async () => {
    const { threads } = open();
    await threads.create("t", { title: "a" });
    await threads.update("t", { metadata: { m: 1 } }, strict);
    const retry = threads.update("t", { title: null, metadata: { m: 1 } }, strict);
    await expect(retry).rejects.toMatchObject(conflict);
    expect(await threads.get("t")).toMatchObject({ title: "a" });
  });

  test("no lease: a retry under another one gets the first answer", async () => {
    const store = open();
    const asked = { runId: "r", execution: "e", operationId: "begin", event: "e", ms: 1 };
    const begun = await store.runs.begin("t", asked);
    if (begun.status !== "leased") throw new Error("Not leased.");
    const { lease } = begun;
    const commit = { history: [{ value: 1 }] };
    const first = await store.commit("t", commit, { ...strict, lease });
    const another = { ...lease, fence: lease.fence + 1 };
    const again = await store.commit("t", commit, { ...strict, lease: another });
    expect([first, again]).toMatchObject([{ replayed: false }, { replayed: true }]);
  });

  test("values as deep as may be stored", async () => {
    const { checkpoints, history, streams } = open();
    await checkpoints.put("u", 0, { id: "base" });
    const set = (leaf: number): Promise<unknown> => {
      const changes = [{ path: [], set: deep(leaf, 509) }];
      return checkpoints.append("u", { ...strict, parentId: "base", changes });
    };
    for (const call of [
      (leaf: number) => checkpoints.put("t", deep(leaf, 512), strict),
      (leaf: number) => history.append("t", [{ value: deep(leaf, 512) }], strict),
      (leaf: number) => streams.append("s", [deep(leaf, 511)], strict),
      set,
    ]) {
      const first = await call(1);
      const again = typeof first === "string" ? first : { ...(first as object), replayed: true };
      expect(await call(1)).toEqual(again);
      await expect(call(2)).rejects.toMatchObject(conflict);
    }
  });
});

describe("strict calls", () => {
  test("name the operation, and need one", async () => {
    const { backend, written } = telling();
    const { history } = open(backend);
    const calls: OperationOptions[] = [
      { strict: true },
      { ...strict, strict: "yes" as unknown as boolean },
      { operationId: "op", strict: 1 as unknown as boolean },
    ];
    for (const options of calls)
      await expect(history.append("t", [{ id: "a", value: 1 }], options)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    expect(written.size).toBe(0);
    await history.append("t", [{ id: "a", value: 1 }], { strict: false });
    await history.append("t", [{ value: 1 }], strict);
    const retry = history.append("t", [{ value: 2 }], strict);
    await expect(retry).rejects.toMatchObject({
      ...conflict,
      key: "o/append//op",
      retryable: false,
    });
  });

  test("write one record more, and the others none", async () => {
    expect(await operationsOf({ operationId: "op" })).toBe(2);
    expect(await operationsOf(strict)).toBe(4);
  });

  test("tell another user nothing of what was written", async () => {
    const backend = memoryBackend();
    const ada = open(backend, THEN, { user: "ada" });
    const eve = open(backend, THEN, { user: "eve" });
    await ada.history.append("t", [{ value: 1 }], strict);
    await ada.streams.append("s", [1], strict);
    for (const value of [1, 2]) {
      const append = eve.history.append("t", [{ value }], strict);
      await expect(append).rejects.toMatchObject({ code: "FORBIDDEN" });
      const stream = eve.streams.append("s", [value], strict);
      await expect(stream).rejects.toMatchObject({ code: "FORBIDDEN" });
    }
  });

  test("leave nothing once operations are forgotten", async () => {
    const { backend, written } = telling();
    const store = open(backend);
    await store.checkpoints.put("t", { n: 1 }, strict);
    await store.streams.append("s", [1], strict);
    await store.memory.write({ kind: "user" }, [{ text: "one" }], strict);
    const later = open(backend, THEN + 40 * DAY);
    for (let more = true; more; ) ({ more } = await later.maintain({ ms: 10_000 }));
    const payloads = async (): Promise<string[]> => {
      const found: string[] = [];
      for (const partition of written.keys()) {
        const range = { ...prefixRange(""), limit: 1000 };
        const { records } = await backend.scan(partition, range, 0);
        found.push(...records.map(({ key }) => key).filter(isPayload));
      }
      return found;
    };
    expect([...written.values()].flatMap((keys) => [...keys].filter(isPayload))).toHaveLength(3);
    expect(await payloads()).toEqual([]);
    const id = await later.checkpoints.put("t", { n: 2 }, strict);
    expect(await later.checkpoints.record("t")).toMatchObject({ id });
  });

  test("of an append whose entries outlive the digest get the first answer", async () => {
    const backend = memoryBackend();
    const first = await open(backend).history.append("t", [{ value: 1 }], strict);
    const later = open(backend, THEN + 40 * DAY).history;
    expect(await later.append("t", [{ value: 2 }], strict)).toEqual({ ...first, replayed: true });
    expect(await later.count("t")).toBe(1);
  });

  test("clear once, and again get what the first did", async () => {
    const { history } = open();
    await history.append("t", [{ id: "a", value: 1 }]);
    await history.clear("t", strict);
    await history.append("t", [{ id: "b", value: 2 }]);
    await history.clear("t", strict);
    expect(await history.count("t")).toBe(1);
  });
});

function isPayload(key: string): boolean {
  return key.endsWith("/payload");
}
