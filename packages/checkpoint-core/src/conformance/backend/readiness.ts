import assert from "node:assert/strict";
import type { ScanRange, StoredRecord, Write } from "../../backend/contract.ts";
import { isStorageError } from "../../errors.ts";
import { type Case, defineCase } from "../case.ts";
import { bytes, NOW, pairs, probe, put } from "./probe.ts";
import { backendCase, type BackendSubject } from "./subject.ts";

/** Processes that start at once. */
const STARTS = 64;
/** Handles that they share: an engine's connections are few. */
const HANDLES = 8;

/** Law 8: `setup` is safe at any time, from anywhere. Law 9: what the engine says it takes at once, it takes at once. */
export const readiness: readonly Case<BackendSubject>[] = [
  defineCase<BackendSubject>(
    "law-8.cold-starts",
    "64 setups of fresh storage at once all succeed, from one handle and from several",
    async ({ backend, another }) => {
      const others = another ? await Promise.all(Array.from({ length: HANDLES }, another)) : [];
      const handles = [backend, ...others];
      try {
        await Promise.all(
          Array.from({ length: STARTS }, async (_, index) => {
            await handles[index % handles.length]?.setup("create");
          }),
        );
        for (const [index, handle] of handles.entries())
          assert.equal(await probe(handle, "t/1.a").write(put(`k${index}`, "1")), index + 1);
      } finally {
        await Promise.all(others.map((other) => other[Symbol.asyncDispose]()));
      }
    },
  ),
  backendCase(
    "law-8.setup-again",
    "a setup of storage that is ready loses nothing, nor does a verify",
    async (p) => {
      await p.write(put("a", "1"));
      await p.backend.setup("create");
      await p.backend.setup("verify");
      assert.deepEqual(await p.all(), [{ key: "a", value: "1", revision: 1 }]);
      assert.equal(await p.write(put("b", "2")), 2);
    },
  ),
  defineCase<BackendSubject>(
    "law-8.verify-only-looks",
    "a verify of fresh storage passes where there is nothing to make, or fails typed and makes nothing",
    async ({ backend }) => {
      const first = await verdict(backend.setup("verify"));
      assert.equal(await verdict(backend.setup("verify")), first, "the second verify");
      await backend.setup("create");
      assert.equal(await verdict(backend.setup("verify")), "ready");
      assert.equal(await probe(backend, "t/1.a").write(put("a", "1")), 1);
    },
  ),
  backendCase(
    "law-9.largest-write",
    "one write takes as many entries as the limits say, and one read as many keys",
    async (p) => {
      const { maxWrites, maxReadKeys } = p.backend.limits;
      const keys = Array.from(
        { length: maxWrites },
        (_, index) => `k${String(index).padStart(6, "0")}`,
      );
      const writes = keys.map(
        (key) => ({ op: "put", key, value: bytes(key), expect: "absent" }) as const,
      );
      assert.deepEqual(await p.backend.write(p.name, { writes, now: NOW }), { revision: 1 });
      const asked = keys.toReversed().slice(0, maxReadKeys);
      assert.deepEqual(
        pairs(await p.read(...asked)),
        asked.map((key) => `${key}=${key}`),
      );
      assert.equal((await p.all()).length, maxWrites);
    },
  ),
  backendCase(
    "law-9.most-bytes",
    "one write takes as many bytes as the limits say (at most 16 MB here), and reads and scans give them all back",
    async ({ name, backend }) => {
      const { maxValueBytes, maxWriteBytes, maxWrites, maxReadKeys } = backend.limits;
      const total = Math.min(maxWriteBytes, 16 * 1000 * 1000);
      const count = Math.min(
        maxWrites,
        maxReadKeys,
        Math.ceil(total / Math.min(maxValueBytes, 350_000)),
      );
      const keys = Array.from(
        { length: count },
        (_, index) => `k${String(index).padStart(4, "0")}`,
      );
      const size = Math.min(maxValueBytes, Math.floor(total / count) - (keys[0]?.length ?? 0));
      const values = keys.map((_, index) => new Uint8Array(size).fill(index + 1));
      const puts = keys.map((key, index): Write => {
        return { op: "put", key, value: values[index] ?? bytes(""), expect: "absent" };
      });
      await backend.write(name, { writes: puts, now: NOW });
      const isWhole = (found: readonly (StoredRecord | undefined)[]): boolean =>
        found.length === count &&
        found.every(
          (record, index) =>
            Buffer.compare(record?.value ?? bytes(""), values[index] ?? bytes("")) === 0,
        );
      assert.ok(isWhole(await backend.read(name, keys, NOW)), "the read gave something else");
      for (const reverse of [false, true]) {
        const found: StoredRecord[] = [];
        let range: ScanRange = { from: "k", to: "l", reverse, limit: count };
        for (let pages = 0; pages <= count; pages += 1) {
          const { records, next } = await backend.scan(name, range, NOW);
          found.push(...records);
          if (next === undefined) break;
          range = reverse ? { ...range, to: next } : { ...range, from: next };
        }
        assert.ok(isWhole(reverse ? found.toReversed() : found), "the scan gave something else");
      }
    },
  ),
  backendCase(
    "law-9.largest-check",
    "one write takes as many checks as the limits say",
    async (p) => {
      const { maxWrites } = p.backend.limits;
      const checks = Array.from(
        { length: maxWrites - 1 },
        (_, index) => ({ op: "check", key: `k${index}`, expect: "absent" }) as const,
      );
      assert.equal(await p.write(...checks, put("last", "1")), 1);
    },
  ),
];

async function verdict(call: Promise<void>): Promise<string> {
  try {
    await call;
    return "ready";
  } catch (error) {
    assert.ok(isStorageError(error), `a StorageError was expected, got ${String(error)}`);
    return error.code;
  }
}
