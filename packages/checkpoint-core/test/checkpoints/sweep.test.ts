import { expect, test } from "vitest";
import { checkpointKey } from "../../src/store/checkpoints/schema.ts";
import { createStore, memoryBackend } from "../../src/index.ts";
import { more, putLine } from "./line.ts";
import { conversation, outcome } from "./processes.ts";
import { sweepBench } from "./sweeping.ts";

const HOUR = 60 * 60 * 1000;

/** Two segments: a line of so many, a whole state, and so many more. */
async function twoSegments(bench: ReturnType<typeof sweepBench>, keepLast: number, length = 6) {
  const { checkpoints } = bench.store(keepLast);
  const first = await putLine(checkpoints, length);
  const other = Array.from({ length: 10 }, (_, n) => `${n};`.padEnd(100, "y"));
  const whole = await checkpoints.put("t", { messages: other, step: 0 });
  const ids = [...first, whole];
  for (let n = 0; n < length - 1; n += 1)
    ids.push(await checkpoints.append("t", { parentId: ids.at(-1) ?? "", changes: more(n) }));
  return ids;
}

test("the newest n puts are shown, and processes with different n agree on what is hidden", async () => {
  const bench = sweepBench();
  const [three, five, all] = [bench.store(3), bench.store(5), bench.store()];
  const ids: string[] = [];
  for (let n = 0; n < 8; n += 1) ids.push(await three.checkpoints.put("t", { n }));
  const shown = async () => (await all.checkpoints.list("t")).map(({ id }) => id);
  expect(await shown()).toEqual(ids.slice(-3).toReversed());
  ids.push(await five.checkpoints.put("t", { n: 8 }));
  expect(await shown()).toEqual(ids.slice(-4).toReversed());
  ids.push(await all.checkpoints.put("t", { n: 9 }));
  expect(await shown()).toEqual(ids.slice(-5).toReversed());
  ids.push(await three.checkpoints.put("t", { n: 10 }));
  expect(await shown()).toEqual(ids.slice(-3).toReversed());
  expect(await five.checkpoints.get("t", ids[0])).toBeNull();
});

test("refuses a keepLast that is no number of checkpoints", () => {
  const backend = memoryBackend();
  for (const keepLast of [0, -1, 1.5, Number.NaN, Infinity, "3" as unknown as number])
    expect(() => createStore({ backend, keepLast })).toThrow(/keepLast/);
});

test("a sweep frees what lies below the segment of the oldest one shown, and writes nothing else", async () => {
  const bench = sweepBench();
  const ids = await twoSegments(bench, 4);
  expect(await bench.sweep()).toBe(true);
  expect(await bench.stored()).toEqual([7, 8, 9, 10, 11, 12]);
  for (const id of ids.slice(0, 8)) expect(await bench.store().checkpoints.get("t", id)).toBeNull();
  const calls = bench.backend.calls.length;
  expect(await bench.sweep()).toBe(true);
  expect(bench.backend.calls.slice(calls).filter(({ verb }) => verb === "write")).toEqual([]);
});

test("what is pinned stays with all that it builds on, and goes with its pin", async () => {
  const bench = sweepBench();
  const { checkpoints } = bench.store();
  const ids = await putLine(checkpoints, 6);
  await bench.pin(3, 1);
  const state = await checkpoints.get("t", ids[2]);
  const whole = bench.store(1).checkpoints;
  for (let n = 0; n < 3; n += 1) await whole.put("t", { n });
  expect(await bench.sweep()).toBe(true);
  expect(await bench.stored()).toEqual([1, 2, 3, 9]);
  expect(await bench.store().checkpoints.get("t", ids[2])).toEqual(state);
  await checkpoints.delete("t", ids[2]);
  expect(await bench.sweep()).toBe(true);
  expect(await bench.stored()).toEqual([9]);
});

test("a pin that commits while a sweep is between its scan and its deletion keeps its checkpoint", async () => {
  const bench = sweepBench();
  const ids = await twoSegments(bench, 4);
  bench.backend.before("write", () => bench.pin(3, 1));
  expect(await bench.sweep()).toBe(true);
  expect(await bench.stored()).toEqual([1, 2, 3, 7, 8, 9, 10, 11, 12]);
  expect(await bench.store().checkpoints.get("t", ids[2])).toEqual({
    ...conversation(12, 100),
  });
});

test("a reader of what is being swept finds all of it or nothing, wherever the sweep was cut short", async () => {
  for (let calls = 3; calls < 9; calls += 1)
    for (let at = 0; at < 6; at += 1) {
      const bench = sweepBench({ maxWrites: 5 });
      const ids = await putLine(bench.store().checkpoints, 6);
      const state = await bench.store().checkpoints.get("t", ids[at]);
      const reader = bench.store().checkpoints;
      bench.backend.before("scan", async () => {
        await bench.store(1).checkpoints.put("t", { messages: [] });
        await bench.sweep({ calls });
      });
      const read = await outcome(reader.get("t", ids[at]));
      bench.backend.settle();
      expect([null, state], `checkpoint ${at}, cut after ${calls} calls`).toContainEqual(read);
      await bench.store(1).checkpoints.put("t", { messages: [] });
      expect(await bench.sweep()).toBe(true);
      expect((await bench.stored()).length).toBe(1);
    }
});

test("what builds on a deleted one is written whole under its id before that one goes, wherever the sweep is cut short", async () => {
  for (let calls = 1; calls < 20; calls += 1) {
    const bench = sweepBench();
    const { checkpoints } = bench.store();
    const ids = [...(await putLine(checkpoints, 6))];
    const changes = more(30);
    const branch = { parentId: ids[2] ?? "", changes, branch: true };
    ids.push(await checkpoints.append("t", branch), await checkpoints.append("t", branch));
    const states = await Promise.all(ids.map((id) => checkpoints.get("t", id)));
    await checkpoints.delete("t", ids[2]);
    await checkpoints.delete("t", ids[0]);
    await bench.sweep({ calls });
    const seen = await Promise.all(ids.map((id) => bench.store().checkpoints.get("t", id)));
    expect(seen).toEqual(states.map((state, at) => (at === 0 || at === 2 ? null : state)));
    expect(await bench.sweep()).toBe(true);
    expect(await bench.stored()).toEqual([2, 4, 5, 6, 7, 8]);
    const after = await Promise.all(ids.map((id) => bench.store().checkpoints.get("t", id)));
    expect(after).toEqual(seen);
    expect((await bench.store().checkpoints.list("t")).map(({ id }) => id)).toEqual(
      ids.filter((_, at) => at !== 0 && at !== 2).toReversed(),
    );
  }
});

test("an expired checkpoint is freed only once it has expired for every clock, and never while it is pinned", async () => {
  const bench = sweepBench();
  const { checkpoints } = bench.store();
  const kept = await checkpoints.put("t", conversation(3));
  await checkpoints.put("t", conversation(4), { ttlMs: 1000 });
  const pinned = await checkpoints.put("t", conversation(5), { ttlMs: 1000 });
  const tip = await checkpoints.put("t", conversation(6), { ttlMs: 1000 });
  await bench.pin(3, 1);
  bench.clock.now += 2000;
  expect(await bench.sweep({ expired: true })).toBe(true);
  expect(await bench.stored()).toEqual([1, 2, 3, 4]);
  const early = createStore({ backend: bench.backend, now: () => bench.clock.now - 2000 });
  expect((await early.checkpoints.record("t"))?.id).toBe(tip);
  bench.clock.now += HOUR;
  expect(await bench.sweep({ expired: true })).toBe(true);
  expect(await bench.stored()).toEqual([1, 3]);
  expect((await bench.store().checkpoints.list("t")).map(({ id }) => id)).toEqual([pinned, kept]);
  expect(await bench.store().checkpoints.get("t")).toEqual(conversation(5));
  const next = await bench.store().checkpoints.put("t", conversation(7));
  expect((await bench.store().checkpoints.record("t", next))?.parentId).toBe(pinned);
});

test("nothing expired is freed that the exceptions do not name, wherever the sweep is cut short", async () => {
  for (let calls = 1; calls < 12; calls += 1) {
    const bench = sweepBench();
    const { checkpoints } = bench.store();
    const ids = [await checkpoints.put("t", conversation(30, 100), { ttlMs: 1000 })];
    for (let n = 0; n < 3; n += 1)
      ids.push(await checkpoints.append("t", { parentId: ids.at(-1) ?? "", changes: more(n) }));
    const states = await Promise.all(ids.map((id) => checkpoints.get("t", id)));
    bench.clock.now += 2 * HOUR;
    await bench.sweep({ expired: true, calls });
    expect(await bench.sweep({ expired: true })).toBe(true);
    expect(await bench.stored()).toEqual([2, 3, 4]);
    const after = await Promise.all(ids.map((id) => bench.store().checkpoints.get("t", id)));
    expect(after).toEqual([null, ...states.slice(1)]);
  }
});

test("after all were deleted a sweep frees pinned ones too", async () => {
  const bench = sweepBench();
  const { checkpoints } = bench.store();
  await putLine(checkpoints, 4);
  await bench.pin(2, 1);
  await checkpoints.delete("t");
  const next = await checkpoints.put("t", { n: 1 });
  expect(await bench.sweep()).toBe(true);
  expect(await bench.stored()).toEqual([5]);
  expect(await bench.store().checkpoints.get("t", next)).toEqual({ n: 1 });
});

test("a sweep whose thread begins another life meanwhile, at any of its calls, frees nothing of it", async () => {
  let remade = 0;
  for (let call = 0; call < 14; call += 1) {
    const bench = sweepBench({ maxWrites: 9 });
    const old = bench.store(2);
    const ids = await twoSegments(bench, 2);
    await old.checkpoints.delete("t", ids.at(-2));
    const keep = bench.store();
    let made: readonly string[] = [];
    const count = bench.backend.calls.length + call;
    const partition = bench.context.unwatched("t");
    const remake = async (): Promise<void> => {
      await partition.drop(bench.clock.now);
      await keep.threads.create("t");
      made = await putLine(keep.checkpoints, 9, "the new one");
    };
    const swept = await sweepUntil(bench, count, remake);
    expect(swept).toBe(true);
    if (made.length === 0) continue;
    remade += 1;
    const list = await bench.store().checkpoints.list("t");
    expect(list.map(({ id }) => id)).toEqual(made.toReversed());
    for (const id of made)
      expect(await bench.store().checkpoints.get("t", id)).toHaveProperty("by");
  }
  expect(remade).toBeGreaterThan(5);
});

/** A sweep between two of whose calls something happens. */
async function sweepUntil(
  { backend, sweep }: ReturnType<typeof sweepBench>,
  count: number,
  act: () => Promise<void>,
): Promise<boolean> {
  const due = (): void => {
    if (backend.calls.length !== count) return;
    for (const verb of ["read", "scan", "write"] as const) backend.before(verb, once);
  };
  let happened = false;
  const once = async (): Promise<void> => {
    if (happened) return;
    happened = true;
    await act();
  };
  const push = backend.calls.push.bind(backend.calls);
  backend.calls.push = (...calls) => {
    const length = push(...calls);
    due();
    return length;
  };
  due();
  const swept = await sweep();
  backend.calls.push = push;
  backend.settle();
  return swept;
}

test("a caller's name and what is kept beside a checkpoint go with it", async () => {
  const bench = sweepBench({ maxWrites: 9 });
  const { checkpoints } = bench.store(1);
  for (let n = 0; n < 4; n += 1) {
    const id = await checkpoints.put("t", { n }, { id: `mine ${n}` });
    for (let key = 0; key < 5; key += 1) await checkpoints.attach("t", id, `key ${key}`, { key });
  }
  expect(await bench.sweep()).toBe(true);
  expect(await bench.stored()).toEqual([4]);
  expect(await bench.stored("ca/")).toEqual([4, 4, 4, 4, 4]);
  expect((await bench.keys("ci/")).length).toBe(1);
  await checkpoints.delete("t", "mine 3");
  expect(await bench.sweep()).toBe(true);
  expect([...(await bench.keys("ca/")), ...(await bench.keys("ci/"))]).toEqual([]);
});

test("what is kept beside a checkpoint goes also after a sweep was cut short between the two", async () => {
  for (let calls = 1; calls < 9; calls += 1) {
    const bench = sweepBench();
    const { checkpoints } = bench.store(1);
    for (let n = 0; n < 3; n += 1)
      await checkpoints.attach("t", await checkpoints.put("t", { n }), "key", n);
    await bench.sweep({ calls });
    expect(await bench.sweep()).toBe(true);
    expect(await bench.stored("ca/")).toEqual([3]);
  }
});

test("a damaged record that is shown keeps what it may build on, and stops no sweep", async () => {
  const bench = sweepBench();
  await twoSegments(bench, 4);
  const partition = bench.context.unwatched("t");
  const value = new Uint8Array([1, 2, 3]);
  await partition.write([{ op: "put", key: checkpointKey(9), value, expect: "any" }], 0);
  expect(await bench.sweep()).toBe(true);
  expect(await bench.stored()).toEqual([7, 8, 9, 10, 11, 12]);
});

test("a segment with a damaged record keeps what was deleted in it, until that one is deleted too", async () => {
  const bench = sweepBench();
  const { checkpoints } = bench.store();
  const ids = await putLine(checkpoints, 6);
  const partition = bench.context.unwatched("t");
  const value = new Uint8Array([1, 2, 3]);
  await partition.write([{ op: "put", key: checkpointKey(3), value, expect: "any" }], 0);
  await checkpoints.delete("t", ids[1]);
  expect(await bench.sweep()).toBe(true);
  expect(await bench.stored()).toEqual([1, 2, 3, 4, 5, 6]);
  expect(await bench.store().checkpoints.get("t", ids[1])).toBeNull();
  const list = await bench.store().checkpoints.list("t");
  const damaged = list.find((record) => record.damaged !== undefined)?.id;
  await checkpoints.delete("t", damaged ?? "none");
  expect(await bench.sweep()).toBe(true);
  expect(await bench.stored()).toEqual([1, 4, 5, 6]);
  expect(await outcome(bench.store().checkpoints.get("t", ids[5]))).toBe("CORRUPT");
});
