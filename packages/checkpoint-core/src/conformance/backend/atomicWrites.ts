import assert from "node:assert/strict";
import { keyAt } from "../../backend/keys.ts";
import type { Case } from "../case.ts";
import { append, conflicts, pairs, probe, put } from "./probe.ts";
import { backendCase, type BackendSubject } from "./subject.ts";

/** Law 1: a write applies all or nothing, and moves the partition's revision by one. */
export const atomicWrites: readonly Case<BackendSubject>[] = [
  backendCase(
    "law-1.all-or-nothing",
    "a batch whose last expectation fails changes no record",
    async (p) => {
      await p.write(put("a", "1"), put("b", "1"), put("c", "1"));
      const before = await p.all();
      await conflicts(
        p.write(
          put("a", "2"),
          { op: "delete", key: "b", expect: "present" },
          append("x/", "2"),
          put("new", "2", { expect: "absent" }),
          { op: "check", key: "c", expect: "absent" },
        ),
        "c",
        "a batch of which only the last expectation fails",
      );
      assert.deepEqual(await p.all(), before);
    },
  ),
  backendCase(
    "law-1.whole-batch",
    "a batch whose expectations hold is applied whole",
    async (p) => {
      await p.write(put("a", "1"), put("b", "1"), put("c", "1"));
      const revision = await p.write(
        put("a", "2", { expect: 1 }),
        { op: "delete", key: "b", expect: "present" },
        append("x/", "2"),
        put("new", "2", { expect: "absent" }),
        { op: "check", key: "c", expect: 1 },
      );
      assert.deepEqual(pairs(await p.all()), [
        "a=2",
        "c=1",
        "new=2",
        `${keyAt("x/", revision, 2)}=2`,
      ]);
    },
  ),
  backendCase(
    "law-1.key-once",
    "a key that is put again holds one record, the later one",
    async (p) => {
      await p.write(put("a", "1"));
      await p.write(put("a", "2"));
      assert.deepEqual(await p.all(), [{ key: "a", value: "2", revision: 2 }]);
    },
  ),
  backendCase(
    "law-1.revision-adds-one",
    "each write adds one to the revision, whatever it holds and however much",
    async (p) => {
      const revisions = [
        await p.write(put("a", "1")),
        await p.write(put("a", "2"), put("b", "2"), put("c", "2")),
        await p.write(append("x/", "3")),
        await p.write({ op: "delete", key: "a", expect: "present" }),
        await p.write({ op: "check", key: "a", expect: "absent" }, put("d", "5")),
        await p.write({ op: "check", key: "d", expect: 5 }, append("x/", "6")),
      ];
      assert.deepEqual(revisions, [1, 2, 3, 4, 5, 6]);
    },
  ),
  backendCase(
    "law-1.records-carry-revision",
    "every record that a write puts carries that write's revision, and keeps it",
    async (p) => {
      const first = await p.write(put("a", "1"), append("x/", "1"), put("b", "1"));
      await p.write(put("b", "2"));
      await p.write(put("b", "3"), put("c", "3"));
      assert.deepEqual(await p.all(), [
        { key: "a", value: "1", revision: 1 },
        { key: "b", value: "3", revision: 3 },
        { key: "c", value: "3", revision: 3 },
        { key: keyAt("x/", first, 1), value: "1", revision: 1 },
      ]);
    },
  ),
  backendCase("law-1.partitions-apart", "each partition counts its own revisions", async (p) => {
    const other = probe(p.backend, `${p.name}-other`);
    await p.write(put("a", "1"));
    await p.write(put("a", "2"));
    assert.equal(await other.write(put("a", "1")), 1);
    assert.equal(await p.write(put("a", "3")), 3);
  }),
  backendCase(
    "law-1.first-failing-expectation",
    "of several expectations that fail, the first in the list is named, whatever its key or kind",
    async (p) => {
      await p.write(put("a", "1"), put("m", "1"), put("z", "1"));
      const failing = [
        put("z", "2", { expect: "absent" }),
        { op: "check", key: "a", expect: "absent" },
        { op: "delete", key: "m", expect: 99 },
      ] as const;
      const good = put("new", "2", { expect: "absent" });
      for (const first of failing) {
        const rest = failing.filter((write) => write !== first);
        const key = "key" in first ? first.key : "";
        await conflicts(p.write(first, ...rest), key, `${key} first`);
        await conflicts(p.write(good, append("x/", "2"), first, ...rest), key, `${key} third`);
        await conflicts(p.write(first, ...rest.toReversed(), good), key, `${key} first of four`);
      }
      assert.deepEqual(pairs(await p.all()), ["a=1", "m=1", "z=1"]);
    },
  ),
  backendCase(
    "law-1.state-before-the-write",
    "expectations are tested against the state before the write, also of a key that the same write appends",
    async (p) => {
      await p.write(put("a", "1"));
      const key = keyAt("x/", 2, 0);
      await conflicts(
        p.write(append("x/", "2"), { op: "check", key, expect: "present" }),
        key,
        "a check of what the same write appends",
      );
      assert.equal(await p.write(append("x/", "2"), { op: "check", key, expect: "absent" }), 2);
    },
  ),
  backendCase(
    "law-1.conflict-keeps-revision",
    "a write that conflicts leaves the revision as it is",
    async (p) => {
      await p.write(put("a", "1"));
      for (let round = 0; round < 3; round += 1)
        await conflicts(p.write(put("a", "2", { expect: "absent" })), "a", "a put over a record");
      assert.equal(await p.write(put("b", "1")), 2);
    },
  ),
  backendCase(
    "law-1.conflict-makes-no-partition",
    "a write that conflicts in a partition that never existed leaves nothing of it",
    async (p) => {
      await conflicts(p.write(put("a", "1", { expect: "present" })), "a", "a put over nothing");
      await p.drop();
      assert.equal(await p.write(put("a", "1")), 1);
    },
  ),
  backendCase(
    "law-1.checks-alone",
    "a write of checks alone answers the revision and leaves it as it is",
    async (p) => {
      await p.write(put("a", "1"));
      const checks = [
        { op: "check", key: "a", expect: 1 },
        { op: "check", key: "b", expect: "absent" },
      ] as const;
      assert.equal(await p.write(...checks), 1);
      assert.equal(await p.write(...checks), 1);
      await conflicts(
        p.write(...checks, { op: "check", key: "a", expect: "absent" }),
        "a",
        "a write of checks of which the last fails",
      );
      assert.equal(await p.write(put("c", "1")), 2);
    },
  ),
  backendCase(
    "law-1.checks-make-no-partition",
    "a write of checks alone in a partition that never existed answers 0 and leaves nothing of it",
    async (p) => {
      assert.equal(await p.write({ op: "check", key: "a", expect: "absent" }), 0);
      await p.drop();
      assert.equal(await p.write(put("a", "1")), 1);
    },
  ),
  backendCase(
    "law-1.delete-of-nothing",
    "a delete moves the revision, also of nothing, also in a partition that never existed",
    async (p) => {
      assert.equal(await p.write({ op: "delete", key: "a", expect: "any" }), 1);
      assert.equal(await p.write({ op: "delete", key: "a", expect: "absent" }), 2);
      assert.equal(await p.write(put("a", "1")), 3);
    },
  ),
];
