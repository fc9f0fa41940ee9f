import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { isStorageError } from "../../errors.ts";
import { type Case, defineCase } from "../case.ts";
import { append, bytes, errorOf, fails, NOW, probe, put } from "./probe.ts";
import { backendCase, type BackendSubject, withAnother } from "./subject.ts";

/** Writes under way at a disposal: more than an engine has connections. */
const UNDER_WAY = 64;

/** Law 7: a failure is a typed error, never an empty answer; and the bytes that come back are those that were given. */
export const failures: readonly Case<BackendSubject>[] = [
  backendCase(
    "law-7.closed",
    "after its disposal every verb fails with a typed error",
    async (p) => {
      await p.write(put("a", "1"));
      await p.backend[Symbol.asyncDispose]();
      await errorOf(p.read("a"), "a read after the disposal");
      await errorOf(p.all(), "a scan after the disposal");
      await errorOf(p.write(put("a", "2")), "a write after the disposal");
      await errorOf(p.drop(), "a drop after the disposal");
      await errorOf(p.backend.setup("verify"), "a setup after the disposal");
    },
  ),
  defineCase<BackendSubject>(
    "law-7.dispose-twice",
    "a disposal is idempotent",
    async ({ backend }) => {
      await backend.setup("create");
      await backend[Symbol.asyncDispose]();
      await backend[Symbol.asyncDispose]();
    },
  ),
  backendCase(
    "law-7.closed-under-way",
    "a disposal leaves no call under way: each has its answer or a typed error, and what was acknowledged is there",
    async (p, subject) => {
      const { backend, name } = p;
      await p.write(put("a", "1"));
      const writes = Array.from({ length: UNDER_WAY }, (_, index) =>
        p.write(append("x/", `${index}`)),
      );
      const calls: readonly Promise<unknown>[] = [
        ...writes,
        p.read("a"),
        backend.scan(name, { from: "x/", to: "x0", limit: UNDER_WAY }, NOW),
        backend.drop(`${name}-other`, NOW),
        backend.setup("verify"),
      ];
      let under = calls.length;
      const ended = (): number => (under -= 1);
      for (const call of calls) call.then(ended, ended);
      await backend[Symbol.asyncDispose]();
      await turn();
      assert.equal(under, 0, "calls that are under way after the disposal");
      for (const answer of await Promise.allSettled(calls))
        if (answer.status === "rejected")
          assert.ok(isStorageError(answer.reason), `got ${String(answer.reason)}`);
      // What is kept in one handle alone is gone with it.
      if (!subject.another) return;
      const acknowledged = (await Promise.allSettled(writes)).flatMap((answer, index) =>
        answer.status === "fulfilled" ? [`${index}`] : [],
      );
      await withAnother(subject, async (other) => {
        const records = await probe(other, name).list({ from: "x/", to: "x0" });
        const found = records.map(({ value }) => value);
        assert.equal(new Set(found).size, found.length, "no write is there twice");
        assert.deepEqual(
          acknowledged.filter((value) => !found.includes(value)),
          [],
          "writes that were acknowledged and are not there",
        );
      });
    },
  ),
  backendCase(
    "law-7.typed-refusals",
    "a conflict and a deletion say by code that a retry does not help",
    async (p) => {
      await p.write(put("a", "1"));
      const conflict = await fails(
        p.write(put("a", "2", { expect: "absent" })),
        "CONFLICT",
        "a put over a record",
      );
      await p.drop();
      const deleted = await fails(p.write(put("a", "2")), "DELETED", "a write after a drop");
      assert.deepEqual([conflict.retryable, deleted.retryable], [false, false]);
    },
  ),
  backendCase(
    "law-7.values",
    "values of no byte, of one, and of all 256 come back as they were",
    async (p) => {
      const all = String.fromCharCode(...Array.from({ length: 256 }, (_, index) => index));
      const values = [
        "",
        "\u0000",
        "\u00ff",
        "\u0000\u0000",
        all,
        all + all,
        "\ufeff".slice(1),
        "\u00ef\u00bb\u00bf",
        "1",
        "null",
      ];
      for (const [index, value] of values.entries()) {
        await p.write(put(`k${index}`, value), {
          op: "append",
          prefix: `x${index}/`,
          value: bytes(value),
        });
        assert.equal((await p.one(`k${index}`)).value, value);
        const [appended] = await p.list({ from: `x${index}/`, to: `x${index}0` });
        assert.equal(appended?.value, value, "the same value, appended");
      }
    },
  ),
  backendCase(
    "law-7.large-value",
    "a value of the largest size (at most 1 MB here) comes back as it was",
    async (p) => {
      const size = Math.min(p.backend.limits.maxValueBytes, 1024 * 1024);
      const value = Uint8Array.from(
        { length: size },
        (_, index) => (index * 31 + (index >>> 8)) & 0xff,
      );
      await p.backend.write(p.name, {
        writes: [{ op: "put", key: "a", value, expect: "absent" }],
        now: NOW,
      });
      const [record] = await p.backend.read(p.name, ["a"], NOW);
      assert.ok(record && Buffer.from(record.value).equals(value), "the same bytes");
    },
  ),
  backendCase(
    "law-7.views",
    "a value that is a view of a larger buffer is kept as that view alone",
    async (p) => {
      const buffer = bytes("before|the value|after");
      const value = buffer.subarray(7, 16);
      await p.backend.write(p.name, {
        writes: [
          { op: "put", key: "a", value, expect: "any" },
          { op: "append", prefix: "x/", value: Buffer.from(buffer.buffer, 7, 9) },
        ],
        now: NOW,
      });
      assert.deepEqual(
        (await p.all()).map((record) => record.value),
        ["the value", "the value"],
      );
    },
  ),
  backendCase(
    "law-7.the-callers-buffer",
    "the caller may use its buffer again once the write has returned",
    async (p) => {
      const value = bytes("kept");
      await p.backend.write(p.name, {
        writes: [
          { op: "put", key: "a", value, expect: "any" },
          { op: "append", prefix: "x/", value },
        ],
        now: NOW,
      });
      value.fill(0);
      assert.deepEqual(
        (await p.all()).map((record) => record.value),
        ["kept", "kept"],
      );
    },
  ),
  backendCase(
    "law-7.the-readers-buffer",
    "changing a value that was read or scanned changes nothing stored",
    async (p) => {
      await p.write(put("a", "kept"));
      const [record] = await p.backend.read(p.name, ["a"], NOW);
      record?.value.fill(0);
      assert.equal((await p.one("a")).value, "kept");
      const page = await p.backend.scan(p.name, { from: "a", to: "b", limit: 1 }, NOW);
      page.records[0]?.value.fill(0);
      assert.equal((await probe(p.backend, p.name).one("a")).value, "kept");
    },
  ),
];
