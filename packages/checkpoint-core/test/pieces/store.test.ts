import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/contract.ts";
import { memoryBackend } from "../../src/backend/memory.ts";
import type { SealingOptions } from "../../src/store/sealing/options.ts";
import { createStore } from "../../src/store/store.ts";
import { wrapBackend } from "../wrap.ts";
import { HOUR, key, noise, THEN } from "./shelf.ts";

/** What DynamoDB takes. */
const dynamo = {
  maxValueBytes: 390_000,
  maxWriteBytes: 4_000_000,
  maxWrites: 100,
  maxReadKeys: 100,
};
const encrypted: SealingOptions = { encryption: { keys: { k: key(1) }, current: "k" } };

/** Everything that a backend in memory was given, and the largest of it. */
function watched(limits: Partial<Backend["limits"]>): {
  readonly backend: Backend;
  readonly partitions: Set<string>;
  readonly seen: { read: number; largest: number };
} {
  const inner = memoryBackend({ limits });
  const partitions = new Set<string>();
  const seen = { read: 0, largest: 0 };
  const backend = wrapBackend(inner, {
    async read(partition, keys, now) {
      const records = await inner.read(partition, keys, now);
      for (const record of records) seen.read += record?.value.byteLength ?? 0;
      return records;
    },
    async scan(...call) {
      const page = await inner.scan(...call);
      for (const { value } of page.records) seen.read += value.byteLength;
      return page;
    },
    async write(partition, batch) {
      partitions.add(partition);
      let bytes = 0;
      for (const write of batch.writes) {
        const size = "value" in write ? write.value.byteLength : 0;
        seen.largest = Math.max(seen.largest, size);
        bytes += size;
      }
      expect(bytes).toBeLessThanOrEqual(inner.limits.maxWriteBytes);
      expect(batch.writes.length).toBeLessThanOrEqual(inner.limits.maxWrites);
      return inner.write(partition, batch);
    },
  });
  return { backend, partitions, seen };
}

describe.each([
  ["plain", {}],
  ["encrypted", encrypted],
] as const)("a store on an engine of small records, %s", (_way, options) => {
  test("keeps a state of 50 MB, lists it without reading it, and frees it", async () => {
    const { backend, partitions, seen } = watched(dynamo);
    let at = THEN;
    const open = () => createStore({ backend, ...options, now: () => at });
    const state = { messages: Array.from({ length: 50 }, (_, seed) => noise(1_000_000, seed)) };
    const id = await open().checkpoints.put("t", state, { metadata: { step: 1 } });
    expect(seen.largest).toBeLessThanOrEqual(390_000);
    expect(await open().checkpoints.get("t")).toEqual(state);
    seen.read = 0;
    const records = await open().checkpoints.list("t");
    expect(records.map((record) => [record.id, record.metadata])).toEqual([[id, { step: 1 }]]);
    expect(seen.read).toBeLessThan(500_000);
    await open().checkpoints.delete("t");
    for (let hours = 0; hours < 30; hours += 1) {
      at += HOUR;
      const report = await open().maintain({ ms: 60_000 });
      expect(report.failed).toEqual([]);
    }
    let left = 0;
    for (const name of partitions)
      for (const range of ["p/", "u/"]) {
        const page = await backend.scan(name, { from: range, to: `${range}~`, limit: 1000 }, at);
        left += page.records.length;
      }
    expect(left).toBe(0);
  }, 60_000);

  test("grows a state by changes beyond what a record holds", async () => {
    const { backend } = watched({ maxValueBytes: 3000, maxWriteBytes: 30_000, maxWrites: 20 });
    const open = () => createStore({ backend, ...options, now: () => THEN }).checkpoints;
    const warm = open();
    const messages: string[] = [];
    let parentId = await warm.put("t", { messages });
    for (let at = 0; at < 40; at += 1) {
      const message = noise(700 + at * 10, at);
      messages.push(message);
      const checkpoints = at % 5 === 0 ? open() : warm;
      parentId = await checkpoints.append("t", {
        parentId,
        changes: [{ path: ["messages"], append: [message] }],
      });
      if (at % 7 === 0) expect(await open().get("t")).toEqual({ messages });
    }
    expect(await open().get("t")).toEqual({ messages });
    expect(await open().list("t")).toHaveLength(41);
  });

  test("maintain frees what a put that died has left, in every tenant", async () => {
    const { backend } = watched({ maxValueBytes: 1000, maxWriteBytes: 8000, maxWrites: 10 });
    let at = THEN;
    const cut = (after: number): Backend => {
      let writes = 0;
      return wrapBackend(backend, {
        write: (...call) => {
          writes += 1;
          return writes > after ? Promise.reject(new Error("gone")) : backend.write(...call);
        },
      });
    };
    for (const scope of [{}, { tenant: "acme" }])
      for (let writes = 3; writes < 14; writes += 1) {
        const store = createStore({ backend: cut(writes), ...options, scope, now: () => at });
        const threadId = `t${writes}`;
        await expect(store.checkpoints.put(threadId, noise(150_000))).rejects.toThrow();
        await createStore({ backend, ...options, scope, now: () => at }).checkpoints.put(
          threadId,
          1,
        );
      }
    at += 3 * HOUR;
    const report = await createStore({ backend, ...options, now: () => at }).maintain({
      ms: 60_000,
    });
    expect(report.failed).toEqual([]);
    expect(report.done["pieces"]).toBeGreaterThan(5);
    for (const part of ["-", "4.acme"])
      for (let writes = 3; writes < 14; writes += 1) {
        const threadId = `t${writes}`;
        const name = `t/${part}/${threadId.length}.${threadId}`;
        const all = await backend.scan(name, { from: "!", to: "\u007f", limit: 1000 }, at);
        expect(all.records.length).toBeGreaterThan(2);
        expect(all.records.filter((record) => /^[pu]\//.test(record.key))).toEqual([]);
      }
  });
});
