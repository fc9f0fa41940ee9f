import { describe, expect, test } from "vitest";
import {
  type Backend,
  type CopyProgress,
  copyStore,
  memoryBackend,
  partitionName,
  type Store,
} from "../../src/index.ts";
import { asks, begun } from "../runs/desk.ts";
import { wrapBackend } from "../wrap.ts";
import { fillThread, seen, threadSeen } from "./full.ts";
import { narrow, NOW, sealed, sides, storeOver } from "./sides.ts";

describe("copyStore", () => {
  test("moves everything of every tenant and user, under the same ids", async () => {
    const { from, to } = await sides();
    const report = await copyStore(from, to);
    expect(report).toMatchObject({ threads: 9, busy: [], renewed: [] });
    expect(report.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(await seen(to)).toEqual(await seen(from));
  });

  test("gives the same digest from either side, whatever the engine's limits and keys", async () => {
    const { from, to } = await sides();
    const there = await copyStore(from, to);
    const back = await copyStore(to, storeOver(memoryBackend()));
    expect(back.digest).toBe(there.digest);
    expect(back.records).toBe(there.records);
  });

  test("lets a suspended run go on in the target, by the life, approval and checkpoint that its events carry", async () => {
    const { from, to } = await sides();
    await copyStore(from, to);
    const [before, ann] = [from, to].map((store) => store.for({ user: "ann" })) as [Store, Store];
    const [shown] = (await before.approvals.pending()).approvals;
    const carried = await before.threads.get(":ann waits");
    if (!shown || !carried) throw new Error("The source waits for an approval.");
    const { life } = carried;
    const decided = await ann.approvals.decide(
      shown.threadId,
      { approvalId: shown.id },
      { kind: "approve" },
      { life, digest: shown.digest },
    );
    expect(decided.counted).toBe(true);
    const resumed = await ann.runs.claim(shown.threadId, asks(shown.runId, "E2", { life }));
    expect(resumed).toMatchObject({ status: "leased", state: { step: 1 } });
  });

  test("keeps the life of a thread that had been deleted and made again", async () => {
    const { from, to } = await sides();
    await copyStore(from, to);
    const lives = await Promise.all(
      [from, to].map(
        async (store) => (await store.for({ user: "ann" }).threads.get(":ann again"))?.life,
      ),
    );
    expect(lives[0]).toBeGreaterThan(1);
    expect(lives[1]).toBe(lives[0]);
  });

  test("keeps the number of a life that many writes lie before, so that no earlier one's counts for it", async () => {
    const backend = memoryBackend();
    const from = storeOver(backend);
    for (let write = 0; write < 10_050; write += 1)
      await backend.write(partitionName("t", [undefined, "t"]), {
        writes: [{ op: "delete", key: "nothing", expect: "any" }],
        now: NOW,
      });
    const { life } = await from.threads.create("t");
    expect(life).toBeGreaterThan(10_000);
    const to = storeOver(memoryBackend());
    expect(await copyStore(from, to)).toMatchObject({ threads: 1, renewed: [] });
    expect(await to.threads.get("t")).toMatchObject({ life });
  });

  test("says of which threads the life is another one", async () => {
    const { from, to } = await sides();
    const old = to.for({ user: "ann" });
    await old.threads.create(":ann chat");
    await old.history.append(":ann chat", [{ id: "1", value: 1 }]);
    await old.threads.delete(":ann chat");
    const report = await copyStore(from, to);
    expect(report.renewed).toMatchObject([{ threadId: ":ann chat" }]);
    expect((await old.history.read(":ann chat")).map(({ value }) => value)).toEqual([
      "hello",
      "there",
    ]);
    expect(await old.checkpoints.get(":ann chat")).toEqual(
      await from.for({ user: "ann" }).checkpoints.get(":ann chat"),
    );
  });

  test("keeps which entries a checkpoint's fork takes along, also once it was rewritten, and over two moves", async () => {
    const from = storeOver(memoryBackend());
    const ids = [await from.checkpoints.put("t", { at: "none" })];
    for (const text of ["a", "b", "c"]) {
      await from.history.append("t", [{ id: text, value: text }]);
      ids.push(await from.checkpoints.put("t", { at: text }));
    }
    await from.history.append("t", [{ id: "d", value: "d" }]);
    const to = storeOver(narrow(), sealed);
    await copyStore(from, to);
    const back = storeOver(memoryBackend());
    await copyStore(to, back);
    await back.history.append("t", [{ id: "e", value: "e" }]);
    ids.push(await back.checkpoints.put("t", { at: "e" }));
    for (const store of [from, to, back]) {
      const texts: string[] = [];
      for (const id of ids.slice(0, 4)) texts.push(await forked(store, id));
      expect(texts).toEqual(["", "a", "ab", "abc"]);
    }
    expect(await forked(back, ids[4] ?? "")).toBe("abcde");
  });

  test("goes on after a copy of everything was cut short, at calls all over it, to the same end", {
    timeout: 60_000,
  }, async () => {
    const { from, to: whole } = await sides();
    const expected = await copyStore(from, whole);
    const result = await seen(from);
    let cuts = 0;
    for (let cut = 1; cut < 4000; cut = Math.ceil(cut * 1.25)) {
      const inner = narrow();
      const dying = storeOver(dyingAt(inner, cut), sealed);
      const first = await copyStore(from, dying).catch((error: unknown) => error);
      if (!(first instanceof Error)) break;
      cuts += 1;
      const to = storeOver(inner, sealed);
      const report = await copyStore(from, to);
      expect({ cut, digest: report.digest }).toEqual({ cut, digest: expected.digest });
      expect(report.renewed).toEqual([]);
      expect(await seen(to)).toEqual(result);
    }
    expect(cuts).toBeGreaterThan(20);
  });

  test("goes on after it was cut short at any call, to the same end", {
    timeout: 120_000,
  }, async () => {
    const from = storeOver(memoryBackend());
    await fillThread(from, "a");
    const expected = await copyStore(from, storeOver(narrow(), sealed));
    const result = await threadSeen(from, "a");
    let cut = 1;
    for (let cuts = true; cuts; cut += 1) {
      const inner = narrow();
      const first = copyStore(from, storeOver(dyingAt(inner, cut), sealed));
      cuts = await first.then(
        () => false,
        () => true,
      );
      const to = storeOver(inner, sealed);
      const { digest, renewed } = await copyStore(from, to);
      expect({ cut, digest, renewed }).toEqual({ cut, digest: expected.digest, renewed: [] });
      expect(await threadSeen(to, "a")).toEqual(result);
    }
    expect(cut).toBeGreaterThan(50);
  });

  test("copies again only what has changed", async () => {
    const { from, target } = await sides();
    const counted = counting(target);
    const to = storeOver(counted.backend, sealed);
    await copyStore(from, to);
    const all = counted.threadWrites();
    const ann = from.for({ user: "ann" });
    await ann.history.append(":ann chat", [{ id: "late", value: "late" }]);
    const report = await copyStore(from, to);
    expect(counted.threadWrites() - all).toBeLessThan(all / 4);
    expect(await seen(to)).toEqual(await seen(from));
    expect(report.threads).toBe(9);
  });

  test("leaves out a thread on which an execution works, says so, and takes it the next time", async () => {
    const { from, to } = await sides();
    const lease = await begun(from);
    const first = await copyStore(from, to);
    expect(first).toMatchObject({ threads: 9, busy: [{ threadId: "t" }] });
    expect(await to.threads.get("t")).toBeUndefined();
    await from.runs.settle(lease, { status: "completed", output: 1 }, { operationId: "end" });
    const second = await copyStore(from, to);
    expect(second).toMatchObject({ threads: 10, busy: [] });
    expect(await to.runs.get("r")).toMatchObject({ status: "completed" });
  });

  test("takes away what is gone from the source since, also where it has begun another life", async () => {
    const { from, to } = await sides();
    await copyStore(from, to);
    const ann = from.for({ user: "ann" });
    await ann.threads.delete(":ann chat", { memory: true });
    await ann.threads.delete(":ann again");
    await ann.threads.create(":ann again", { title: "Third life" });
    const report = await copyStore(from, to);
    expect(report).toMatchObject({ threads: 8, removed: 3 });
    expect(report.renewed).toEqual([]);
    const titles = (await to.for({ user: "ann" }).threads.list()).threads.map(({ title }) => title);
    expect(new Set(titles)).toEqual(new Set(["Third life", undefined]));
    expect(titles).toHaveLength(2);
    const there = to.for({ user: "ann" });
    await expect(
      there.history.append(":ann chat", [{ id: "late", value: 1 }]),
    ).rejects.toMatchObject({ code: "DELETED" });
  });

  test("copies again what was written while it was being copied", async () => {
    const { from, to: unused, target } = await sides();
    await unused[Symbol.asyncDispose]();
    const ann = from.for({ user: "ann" });
    let written = 0;
    const meddling = wrapBackend(target, {
      async write(partition, batch) {
        const isChat = partition.startsWith("t/") && partition.includes("chat");
        if (isChat && written < 3) {
          written += 1;
          await ann.history.append(":ann chat", [{ id: `late ${written}`, value: written }]);
        }
        return target.write(partition, batch);
      },
    });
    await copyStore(from, storeOver(meddling, sealed));
    expect(written).toBe(3);
    expect(await seen(storeOver(target, sealed))).toEqual(await seen(from));
  });

  test("copies one tenant where both stores are scoped to it", async () => {
    const { from, to } = await sides();
    const report = await copyStore(from.for({ tenant: "acme" }), to.for({ tenant: "acme" }));
    expect(report.threads).toBe(3);
    expect((await to.threads.list()).threads).toEqual([]);
    expect((await to.for({ tenant: "acme" }).threads.list()).threads).toHaveLength(3);
  });

  test("reports what it has done as it goes on, and stops when it is told to", async () => {
    const { from, to } = await sides();
    const seenProgress: CopyProgress[] = [];
    const stop = new AbortController();
    const copying = copyStore(from, to, {
      signal: stop.signal,
      onProgress(progress) {
        seenProgress.push(progress);
        if (seenProgress.length === 4) stop.abort();
      },
    });
    await expect(copying).rejects.toMatchObject({ name: "AbortError" });
    expect(seenProgress.map(({ partitions }) => partitions)).toEqual([1, 2, 3, 4]);
    expect(seenProgress.at(-1)?.records).toBeGreaterThan(seenProgress[0]?.records ?? 0);
    const report = await copyStore(from, to);
    expect(report.threads).toBe(9);
  });
});

/** The history that a fork of the checkpoint has. */
async function forked(store: Store, id: string): Promise<string> {
  const name = `fork of ${id}`;
  await store.checkpoints.fork("t", id, name);
  return (await store.history.read(name)).map(({ value }) => value).join("");
}

/** A backend that answers `dead` calls, and none from then on. */
function dyingAt(inner: Backend, dead: number): Backend {
  let calls = 0;
  const live = (): void => {
    calls += 1;
    if (calls >= dead) throw new Error("The process was killed.");
  };
  return wrapBackend(inner, {
    async read(...call) {
      live();
      return inner.read(...call);
    },
    async scan(...call) {
      live();
      return inner.scan(...call);
    },
    async write(...call) {
      live();
      return inner.write(...call);
    },
  });
}

function counting(inner: Backend): {
  readonly backend: Backend;
  readonly threadWrites: () => number;
} {
  let writes = 0;
  const backend = wrapBackend(inner, {
    async write(partition, batch) {
      if (/^[tms]\//.test(partition) && batch.writes.some(({ op }) => op !== "check")) writes += 1;
      return inner.write(partition, batch);
    },
  });
  return { backend, threadWrites: () => writes };
}
