import { describe, expect, test } from "vitest";
import { copyStore, memoryBackend, type Store } from "../../src/index.ts";
import { asks, begun, failed, suspended } from "../runs/desk.ts";
import { sealed, storeOver } from "./sides.ts";

const user = { kind: "user" } as const;
const texts = ["a", "b", "c", "d"];

/** A target of other limits, keys and retention, which holds what the source does. */
async function moved(fill: (from: Store) => Promise<void>): Promise<readonly [Store, Store]> {
  const limits = { maxValueBytes: 600, maxWriteBytes: 20_000, maxWrites: 100 };
  const [source, target] = [memoryBackend(), memoryBackend({ limits })];
  await fill(storeOver(source));
  const to = storeOver(target, { ...sealed, keepLast: 3, operationTtlMs: 8 * 24 * 60 * 60 * 1000 });
  await copyStore(storeOver(source), to);
  // A process that has seen nothing of the copy.
  return [storeOver(source), storeOver(target, { ...sealed, keepLast: 3 })];
}

/** Does the same in both stores, and compares what comes of it. */
async function same<T>(
  stores: readonly [Store, Store],
  act: (store: Store) => Promise<T>,
): Promise<T> {
  const [one, other] = [await act(stores[0]), await act(stores[1])];
  expect(other).toEqual(one);
  return other;
}

describe("in a store that was copied", () => {
  test("histories go on: operations are known, entries are rewritten, ranges replaced, cursors hold", async () => {
    let cursor = "";
    const stores = await moved(async (from) => {
      for (const value of texts)
        await from.history.append("t", [{ id: value, value }], { operationId: value });
      await from.history.clear("t");
      for (const value of texts)
        await from.history.append("t", [{ id: `${value}2`, value: value.repeat(700) }], {
          operationId: `${value}2`,
        });
      cursor = (await from.history.read("t"))[1]?.cursor ?? "";
    });
    await same(stores, (store) =>
      store.history.append("t", [{ id: "other", value: 1 }], { operationId: "b2" }),
    );
    await same(stores, async ({ history }) => (await history.read("t", { after: cursor })).length);
    await same(stores, async ({ history }) => {
      await history.upsert("t", [{ id: "b2", value: "again" }]);
      await history.append("t", [{ id: "a", value: "first again" }]);
      const entries = await history.read("t");
      return entries.map(({ id, value }) => [id, value]);
    });
    await same(stores, async ({ history }) => {
      const [first, second] = await history.read("t");
      const range = { from: first?.cursor ?? "", to: second?.cursor ?? "" };
      await history.replace("t", range, [{ id: "sum", value: "sum" }], { expected: 2 });
      return (await history.read("t")).map(({ id }) => id);
    });
    await same(stores, async (store) => {
      await store.maintain({ ms: 60_000 });
      return [await store.history.count("t"), (await store.threads.get("t"))?.messageCount];
    });
  });

  test("checkpoints go on: put, append, branch, attach, delete, fork, sweep", async () => {
    let ids: readonly string[] = [];
    const stores = await moved(async (from) => {
      const base = await from.checkpoints.put("t", { list: texts, step: 0 }, { operationId: "p0" });
      const all = [base];
      for (const value of texts)
        all.push(
          await from.checkpoints.append("t", {
            parentId: all.at(-1) ?? "",
            changes: [{ path: ["list"], append: [value] }],
            metadata: { value },
          }),
        );
      await from.checkpoints.attach("t", base, "key", { kept: true });
      await from.checkpoints.put("t", { own: true }, { id: "mine" });
      await from.checkpoints.delete("t", all[1] ?? "");
      ids = all;
    });
    await same(stores, async ({ checkpoints }) => {
      const replayed = await checkpoints.put("t", { other: 1 }, { operationId: "p0" });
      return [replayed, await checkpoints.get("t", "mine"), await checkpoints.get("t", ids[1])];
    });
    const [from, to] = stores;
    for (const store of stores) {
      const next = await store.checkpoints.append("t", {
        parentId: ids[4] ?? "",
        branch: true,
        changes: [{ path: ["step"], set: 9 }],
      });
      expect(await store.checkpoints.get("t", next)).toEqual({
        list: [...texts, ...texts],
        step: 9,
      });
      await store.checkpoints.fork("t", next, "forked");
      expect(await store.checkpoints.get("forked")).toMatchObject({ step: 9 });
      await store.maintain({ ms: 60_000 });
      const later = await store.checkpoints.put(
        "t",
        { list: [], step: 10 },
        { expectedHead: next },
      );
      expect(await store.checkpoints.get("t")).toEqual({ list: [], step: 10 });
      expect((await store.checkpoints.list("t"))[0]?.id).toBe(later);
    }
    expect((await to.checkpoints.list("t")).length).toBeLessThan(
      (await from.checkpoints.list("t")).length,
    );
    await to.maintain({ ms: 60_000 });
    for (const { id } of await to.checkpoints.list("t"))
      expect(await to.checkpoints.get("t", id)).not.toBeNull();
    await same(stores, async ({ checkpoints }) => {
      await checkpoints.delete("t");
      return [await checkpoints.get("t"), await checkpoints.list("t")];
    });
  });

  test("runs go on: decided, resumed, retried, cancelled, replayed", async () => {
    const waiting = await moved(async (from) => suspended(from, await begun(from)));
    await same(waiting, async (store) => {
      for (const callId of ["c1", "c2"])
        await store.approvals.decide("t", { callId }, { kind: "approve" });
      const claimed = await store.runs.claim("t", asks("r", "E2"));
      if (claimed.status !== "leased") throw new Error(claimed.status);
      const settled = await store.runs.settle(
        claimed.lease,
        { status: "completed", output: 1 },
        { operationId: "end" },
      );
      const { threads } = await store.threads.list();
      await store.maintain({ ms: 60_000 });
      return [claimed.state, settled.run.status, threads.length];
    });
    const broken = await moved(async (from) => void (await failed(from, await begun(from))));
    await same(broken, async ({ runs }) => {
      const listed = (await runs.list({ status: "failed" })).runs.map(({ id }) => id);
      const run = await runs.get("r");
      const retried = await runs.claim("t", asks("r", "E2", { retry: run?.revision ?? 0 }));
      return [listed, retried.status];
    });
    const cancelled = await moved(async (from) => suspended(from, await begun(from)));
    await same(cancelled, async ({ runs, threads }) => {
      await runs.cancel("r");
      const again = await runs.begin("t", asks("r2", "E3"));
      await threads.delete("t");
      return [again.status, await runs.get("r")];
    });
  });

  test("effects, streams and memories go on", async () => {
    const stores = await moved(async (from) => {
      await from.threads.create("t");
      await from.streams.append("s", ["a", "b"], { threadId: "t", operationId: "s1" });
      await from.streams.append("own", ["x".repeat(1500)], { operationId: "o1" });
      await from.memory.write(user, [{ text: "green tea" }], { operationId: "m1" });
      await from.memory.write(user, [{ id: "b", text: "black tea" }]);
      await from.memory.update(user, [{ id: "b", text: "red tea" }], { operationId: "u" });
      await from.memory.write({ kind: "thread", threadId: "t" }, [{ id: "t", text: "tea" }]);
    });
    await same(stores, async ({ streams }) => {
      const replayed = await streams.append("s", ["other"], { operationId: "s1" });
      const more = await streams.append("s", ["c"], { threadId: "t" });
      await streams.end("own");
      const seen: unknown[] = [];
      await streams.end("s");
      for await (const { value } of streams.follow("s", 1)) seen.push(value);
      return [replayed, more, seen, (await streams.read("own")).ended];
    });
    await same(stores, async ({ memory }) => {
      const { ids, replayed } = await memory.write(user, [{ text: "x" }], { operationId: "m1" });
      await memory.write(user, [{ id: "c", text: "white tea" }]);
      const deleted = await memory.delete(user, ["b"]);
      const found = await memory.search([user, { kind: "thread", threadId: "t" }], "tea white");
      const listed = (await memory.list(user)).memories.map(({ id, text }) => [id, text]);
      return [ids, replayed, deleted, found.memories.map((one) => one.memory.text), listed];
    });
    await same(stores, async (store) => {
      await store.threads.delete("t", { memory: true });
      await store.erase({ operationId: "all" });
      return [(await store.streams.read("own")).events, (await store.memory.list(user)).memories];
    });
  });
});
