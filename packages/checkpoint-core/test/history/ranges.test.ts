import { describe, expect, test } from "vitest";
import { partitionName } from "../../src/backend/keys.ts";
import {
  type Backend,
  createStore,
  type HistoryEntry,
  memoryBackend,
  type NewEntry,
  StorageError,
  type Store,
  type Write,
} from "../../src/index.ts";
import { wrapBackend } from "../wrap.ts";

const thread = partitionName("t", [undefined, "t"]);
const named = (...ids: string[]): (NewEntry & { id: string })[] =>
  ids.map((id) => ({ id, value: id }));
const idsOf = (found: readonly HistoryEntry[]): string => found.map(({ id }) => id).join(" ");
const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, at) => `${from + at}`);

async function filled(count: number, backend: Backend = memoryBackend()): Promise<Store> {
  const store = createStore({ backend });
  for (let from = 0; from < count; from += 200)
    await store.history.append("t", named(...numbers(from, Math.min(count, from + 200))));
  return store;
}

/** What the backend was asked to read and to write. */
interface Seen {
  records: number;
  bytes: number;
  page: number;
  readonly writes: (readonly Write[])[];
}

function watched(inner: Backend): { readonly backend: Backend; readonly seen: Seen } {
  const seen: Seen = { records: 0, bytes: 0, page: 0, writes: [] };
  const backend = wrapBackend(inner, {
    async scan(...call) {
      const page = await inner.scan(...call);
      const bytes = page.records.reduce((sum, { value }) => sum + value.byteLength, 0);
      seen.records += page.records.length;
      seen.bytes += bytes;
      seen.page = Math.max(seen.page, bytes);
      return page;
    },
    async write(partition, batch) {
      seen.writes.push(batch.writes);
      return inner.write(partition, batch);
    },
  });
  return { backend, seen };
}

/** A backend that fails each write to the thread after so many. */
function stoppedAfter(inner: Backend, writes: number): Backend {
  let left = writes;
  return wrapBackend(inner, {
    async write(partition, batch) {
      if (partition === thread) left -= 1;
      if (left < 0) throw new StorageError("UNAVAILABLE", "The engine is gone.");
      return inner.write(partition, batch);
    },
  });
}

describe("a byte budget", () => {
  test("reads little more than it gives, at the end of 10,000 messages", async () => {
    const inner = memoryBackend();
    const store = createStore({ backend: inner });
    for (let from = 0; from < 10_000; from += 400)
      await store.history.append(
        "t",
        numbers(from, from + 400).map((id) => ({ id, value: `${id} ${"x".repeat(1000)}` })),
      );
    for (const [maxBytes, least, most] of [
      [1_000_000, 940, 1_100],
      [50_000, 45, 75],
      [1, 1, 20],
    ] as const) {
      const { backend, seen } = watched(inner);
      const read = await createStore({ backend }).history.read("t", { maxBytes });
      expect(read.at(-1)?.id).toBe("9999");
      expect(read.length).toBeGreaterThanOrEqual(least);
      expect(seen.records).toBeLessThanOrEqual(most);
    }
    const { backend, seen } = watched(inner);
    const { history } = createStore({ backend });
    expect(idsOf(await history.read("t", { maxBytes: 1_000_000, limit: 3 }))).toBe(
      "9997 9998 9999",
    );
    expect(idsOf(await history.read("t", { maxBytes: 2_500, limit: 300 }))).toBe("9998 9999");
    const [middle] = await history.read("t", { limit: 1, before: "0000000000005000" });
    expect(middle?.id).toBe("4999");
    expect(seen.records).toBeLessThan(30);
  });

  test("holds a page of large entries down to what was asked for", async () => {
    const inner = memoryBackend();
    const store = createStore({ backend: inner });
    for (const id of numbers(0, 60))
      await store.history.append("t", [{ id, value: "x".repeat(100_000) }]);
    const { backend, seen } = watched(inner);
    const read = await createStore({ backend }).history.read("t", { maxBytes: 3_000_000 });
    expect(read.length).toBeGreaterThan(25);
    expect(seen.bytes).toBeLessThan(4_000_000);
  });
});

describe("a replacement of a long range", () => {
  test("is there at one instant, in bounded writes, and leaves nothing behind", async () => {
    const inner = memoryBackend();
    await filled(6_000, inner);
    const { backend, seen } = watched(inner);
    const store = createStore({ backend });
    const { cursors } = await store.history.append("t", named("last"));
    seen.writes.length = 0;
    const range = { from: "0000000000000010", to: "0000000000005009" };
    const answer = await store.history.replace("t", range, named("sum"), {
      expected: 5_000,
      operationId: "compact",
    });
    expect(answer.cursors).toEqual(["0000000000000010"]);
    expect(Math.max(...seen.writes.map(({ length }) => length))).toBeLessThan(400);
    expect(seen.writes[0]?.length).toBeLessThan(12);
    const read = await store.history.read("t");
    expect(idsOf(read)).toBe([...numbers(0, 10), "sum", ...numbers(5010, 6000), "last"].join(" "));
    expect(read.at(-1)?.cursor).toBe(cursors[0]);
    expect(await store.history.count("t")).toBe(1_002);
    const again = await store.history.replace("t", range, [], {
      expected: 7,
      operationId: "compact",
    });
    expect(again).toEqual({ ...answer, replayed: true });
    const { records } = await inner.scan(thread, { from: "i/", to: "i/~", limit: 9_000 }, 0);
    expect(records).toHaveLength(1_002);
    await store.history.append("t", named("77"));
    expect(idsOf(await store.history.read("t", { limit: 2 }))).toBe("last 77");
  });

  test("stopped anywhere shows all of the old entries or all of the new, and is finished later", async () => {
    for (const stop of [0, 1, 2, 3]) {
      const inner = memoryBackend();
      await filled(450, inner);
      const { history } = createStore({ backend: stoppedAfter(inner, stop) });
      const range = { to: "0000000000000399" };
      const call = history.replace("t", range, named("a", "b"), { expected: 400 });
      if (stop === 0) await expect(call).rejects.toMatchObject({ code: "UNAVAILABLE" });
      else expect((await call).ids).toEqual(["a", "b"]);
      const there = createStore({ backend: inner }).history;
      const shown = stop === 0 ? numbers(0, 450) : ["a", "b", ...numbers(400, 450)];
      expect(idsOf(await there.read("t"))).toBe(shown.join(" "));
      expect(await there.count("t")).toBe(shown.length);
      expect(idsOf(await there.read("t", { limit: 52 }))).toBe(shown.slice(-52).join(" "));
      expect(idsOf(await there.read("t", { before: "0000000000000420", limit: 21 }))).toBe(
        (stop === 0 ? numbers(399, 420) : ["b", ...numbers(400, 420)]).join(" "),
      );
      if (stop === 0) continue;
      expect((await there.append("t", named("7"))).cursors).toEqual(["0000000000000450"]);
      const left = { expected: 3, operationId: "rest" };
      await there.replace("t", { to: "0000000000000400" }, named("c", "d", "e", "f"), left);
      await there.replace("t", { from: "0000000000000430" }, named("z"), { expected: 21 });
      const rest = ["c", "d", "e", "f", ...numbers(401, 430), "z"];
      expect(idsOf(await there.read("t"))).toBe(rest.join(" "));
      await there.clear("t");
      expect(await there.read("t")).toEqual([]);
      const key = { from: "e/", to: "e/~", limit: 9_000 };
      expect((await inner.scan(thread, key, 0)).records).toEqual([]);
    }
  });

  test("that nobody finished is finished by maintain", async () => {
    const HOUR = 60 * 60 * 1000;
    for (const hide of [
      ({ history }: Store) =>
        history.replace("t", { to: "0000000000000399" }, [], { expected: 400 }),
      ({ history }: Store) => history.clear("t"),
    ]) {
      const inner = memoryBackend();
      await filled(450, inner);
      await hide(createStore({ backend: stoppedAfter(inner, 1) }));
      const left = async (): Promise<number> => {
        const range = { from: "e/", to: "e/~", limit: 9_000 };
        return (await inner.scan(thread, range, 0)).records.length;
      };
      expect(await left()).toBe(450);
      const later = createStore({ backend: inner, now: () => Date.now() + 2 * HOUR });
      const shown = await later.history.count("t");
      await later.maintain({ ms: 10_000 });
      expect(await left()).toBe(shown);
      expect(await later.history.read("t")).toHaveLength(shown);
    }
  });

  test("is never seen half by a reader who pages through it", async () => {
    const inner = memoryBackend();
    const store = await filled(1_200, inner);
    const other = createStore({ backend: inner });
    let scans = 0;
    const backend = wrapBackend(inner, {
      async scan(...call) {
        const page = await inner.scan(...call);
        scans += 1;
        if (scans === 2)
          await other.history.replace("t", { to: "0000000000000999" }, named("sum"), {
            expected: 1_000,
          });
        return page;
      },
    });
    const read = await createStore({ backend }).history.read("t");
    expect(idsOf(read)).toBe(["sum", ...numbers(1_000, 1_200)].join(" "));
    expect(await store.history.count("t")).toBe(201);
  });

  test("comes to an end beside a thread that is appended to all the time, and fails when its own range changed", async () => {
    const inner = memoryBackend();
    await filled(1_200, inner);
    const busy = createStore({ backend: inner });
    let [looks, appended, most] = [0, 0, 5];
    const backend = wrapBackend(inner, {
      async write(partition, batch) {
        if (appended < most) await busy.history.append("t", named(`busy ${(appended += 1)}`));
        return inner.write(partition, batch);
      },
      async scan(...call) {
        if (call[1].limit === 500) looks += 1;
        return inner.scan(...call);
      },
    });
    const { history } = createStore({ backend });
    await history.replace("t", { to: "0000000000000999" }, named("sum"), { expected: 1_000 });
    expect(looks).toBe(2);
    expect(await busy.history.count("t")).toBe(206);
    most = 6;
    await expect(history.replace("t", {}, [], { expected: 206 })).rejects.toMatchObject({
      code: "CONFLICT",
    });
    expect(await busy.history.count("t")).toBe(207);
  });

  test("with nothing takes the last entry away, whose id and place come new", async () => {
    const store = await filled(3);
    const [last] = await store.history.read("t", { limit: 1 });
    const from = last?.cursor ?? "";
    await store.history.replace("t", { from }, [], { expected: 1 });
    expect(idsOf(await store.history.read("t"))).toBe("0 1");
    const { cursors } = await store.history.append("t", named("2"));
    expect(cursors).toEqual(["0000000000000003"]);
    expect(idsOf(await store.history.read("t"))).toBe("0 1 2");
  });

  test("keeps the date of an entry that it keeps", async () => {
    let now = 1;
    const store = createStore({ backend: memoryBackend(), now: () => now });
    await store.history.append("t", named("a", "b"));
    now = 2;
    await store.history.replace("t", {}, named("sum", "b"), { expected: 2 });
    const read = await store.history.read("t");
    expect(read.map(({ id, createdAt }) => [id, createdAt.getTime()])).toEqual([
      ["sum", 2],
      ["b", 1],
    ]);
  });
});
