import { describe, expect, test } from "vitest";
import { copyStore, memoryBackend, partitionName, type Store } from "../../src/index.ts";
import { asks, begun } from "../runs/desk.ts";
import { wrapBackend } from "../wrap.ts";
import { seen } from "./full.ts";
import { narrow, NOW, sealed, sides, storeOver } from "./sides.ts";

const user = { kind: "user" } as const;

describe("copyStore into a store that was copied into before", () => {
  test("takes nothing away of what another source has brought", async () => {
    const [one, other] = [storeOver(memoryBackend()), storeOver(memoryBackend())];
    await one.history.append("one", [{ id: "a", value: "a" }]);
    await other.history.append("other", [{ id: "b", value: "b" }]);
    const to = storeOver(memoryBackend());
    await copyStore(one, to);
    const report = await copyStore(other, to);
    expect(report.removed).toBe(0);
    expect(await to.history.count("one")).toBe(1);
    expect(await to.history.count("other")).toBe(1);
  });

  test("overwrites no thread that another source has brought", async () => {
    const [one, other] = [storeOver(memoryBackend()), storeOver(memoryBackend())];
    await one.history.append("t", [{ id: "a", value: "a" }]);
    await other.history.append("t", [{ id: "b", value: "b" }]);
    const to = storeOver(memoryBackend());
    await copyStore(one, to);
    await expect(copyStore(other, to)).rejects.toMatchObject({ code: "CONFLICT" });
    expect((await to.history.read("t")).map(({ value }) => value)).toEqual(["a"]);
  });

  test("brings memories and streams again that were gone between two copies", async () => {
    const from = storeOver(memoryBackend());
    const to = storeOver(memoryBackend());
    await from.memory.write(user, [{ id: "m", text: "first" }]);
    await copyStore(from, to);
    await from.memory.erase(user);
    expect((await copyStore(from, to)).removed).toBe(1);
    await from.memory.write(user, [{ id: "n", text: "second" }]);
    await copyStore(from, to);
    expect((await to.memory.list(user)).memories.map(({ text }) => text)).toEqual(["second"]);
  });

  test("takes along what is due and which threads are open where it copies one tenant", async () => {
    const from = storeOver(memoryBackend());
    const acme = from.for({ tenant: "acme" });
    await suspended(acme, { expiresInMs: 1000 });
    await suspended(from.for({ tenant: "other" }), { expiresInMs: 1000 });
    const target = memoryBackend();
    await copyStore(acme, storeOver(target).for({ tenant: "acme" }));
    const later = storeOver(target, { now: () => NOW + 2 * 60 * 60 * 1000 });
    const { wakes, failed } = await later.maintain({ ms: 60_000 });
    expect(failed).toEqual([]);
    expect(wakes).toMatchObject([{ tenant: "acme", threadId: "t", runId: "r" }]);
    const found = await Promise.all(
      Array.from({ length: 16 }, async (_, shard) =>
        target.scan(partitionName("open", [`${shard}`]), { from: "!", to: "~", limit: 9 }, NOW),
      ),
    );
    expect(found.flatMap(({ records }) => records)).toHaveLength(1);
  });

  test("lets only one of two copies at once go on in each partition, and leaves what it has told to be there", {
    timeout: 60_000,
  }, async () => {
    const { from } = await sides();
    const result = await seen(from);
    let told = 0;
    for (let round = 0; round < 12; round += 1) {
      const target = narrow();
      const copies = [1, 2].map(async (step) => {
        let calls = 0;
        const slow = async (): Promise<void> => {
          calls += step;
          for (let wait = (calls * (round + 1)) % 5; wait > 0; wait -= 1)
            await new Promise((resolve) => setImmediate(resolve));
        };
        const jittered = wrapBackend(target, {
          write: async (...call) => slow().then(() => target.write(...call)),
          scan: async (...call) => slow().then(() => target.scan(...call)),
        });
        try {
          await copyStore(from, storeOver(jittered, sealed));
          told += 1;
          expect(await seen(storeOver(target, sealed))).toEqual(result);
        } catch (error) {
          expect(error).toMatchObject({ code: "CONFLICT" });
        }
      });
      await Promise.all(copies);
      await copyStore(from, storeOver(target, sealed));
      expect(await seen(storeOver(target, sealed))).toEqual(result);
    }
    expect(told).toBeGreaterThan(0);
  });

  test("says of a thread that began to work while it was copied that it is busy", async () => {
    const from = storeOver(memoryBackend());
    await from.threads.create("t");
    const target = memoryBackend();
    let lease: unknown;
    const meddling = wrapBackend(target, {
      async write(partition, batch) {
        if (partition.startsWith("t/")) lease ??= await begun(from);
        return target.write(partition, batch);
      },
    });
    const report = await copyStore(from, storeOver(meddling));
    expect(lease).toBeDefined();
    expect(report.busy).toMatchObject([{ threadId: "t" }]);
  });

  test("brings no vector of a text that has changed since it was made", async () => {
    const backend = memoryBackend();
    const target = memoryBackend();
    const embedder = {
      name: "letters",
      dimensions: 2,
      embed: async (texts: readonly string[]) =>
        texts.map((text) => (text.startsWith("a") ? [1, 0] : [0, 1])),
    };
    const reading = { memory: { embedder } };
    await storeOver(backend, reading).memory.write(user, [{ id: "m", text: "a" }]);
    await storeOver(backend).memory.update(user, [{ id: "m", text: "b" }]);
    await copyStore(storeOver(backend), storeOver(target));
    for (const one of [backend, target]) {
      const { memories } = await storeOver(one, reading).memory.search(user, "b");
      expect(memories[0]?.score).toBeCloseTo(1);
    }
  });

  test("is not stopped by a record that goes while it looks", async () => {
    const backend = memoryBackend();
    const from = storeOver(backend);
    await from.history.append("t", [{ id: "a", value: "a" }], { operationId: "x" });
    await from.threads.update("t", { title: "about" });
    let asked = 0;
    const meddling = wrapBackend(backend, {
      async write(partition, batch) {
        const [first] = batch.writes;
        if (first?.op === "check" && partition.startsWith("t/") && batch.writes.length === 1) {
          asked += 1;
          if (asked === 1)
            await backend.write(partition, {
              writes: [{ op: "delete", key: first.key, expect: "any" }],
              now: NOW,
            });
        }
        return backend.write(partition, batch);
      },
    });
    const to = storeOver(memoryBackend());
    const report = await copyStore(storeOver(meddling), to);
    expect(asked).toBeGreaterThan(1);
    expect(report.threads).toBe(1);
  });

  test("keeps what belongs to a thread whose life is another one", async () => {
    const from = storeOver(memoryBackend());
    const to = storeOver(memoryBackend());
    await to.threads.create("t");
    for (let n = 0; n < 9; n += 1) await to.threads.update("t", { title: `${n}` });
    await to.threads.delete("t");
    const within = { kind: "thread", threadId: "t" } as const;
    await from.memory.write(within, [{ id: "m", text: "green tea" }]);
    await suspended(from, { expiresInMs: 1000 });
    const report = await copyStore(from, to);
    expect(report.renewed).toHaveLength(1);
    expect((await copyStore(from, to)).renewed).toHaveLength(1);
    expect((await to.memory.list(within)).memories).toHaveLength(1);
    expect((await to.memory.search(within, "tea")).memories).toHaveLength(1);
    const [shown] = (await to.approvals.pending()).approvals;
    if (!shown) throw new Error("The target waits for an approval.");
    const decided = await to.approvals.decide("t", { approvalId: shown.id }, { kind: "approve" });
    expect(decided.counted).toBe(true);
    const resumed = await to.runs.claim("t", asks("r", "E2"));
    expect(resumed).toMatchObject({ status: "leased", decisions: [{ callId: "c" }] });
  });
});

/** A run that waits for a person. */
async function suspended(
  store: Store,
  more: { readonly expiresInMs?: number } = {},
): Promise<void> {
  const lease = await begun(store);
  const approvals = [{ callId: "c", tool: "refund", input: 1, ...more }];
  const settle = { status: "suspended", turn: 1, approvals } as const;
  await store.commit("t", { checkpoint: { state: 1 }, settle }, { operationId: "s", lease });
}
