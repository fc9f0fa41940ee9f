import assert from "node:assert/strict";
import { keyAt } from "../../backend/keys.ts";
import type { Case } from "../case.ts";
import { append, conflicts, NOW, pairs, put } from "./probe.ts";
import { backendCase, type BackendSubject } from "./subject.ts";

/** Law 5: time is the caller's, and what has expired is absent. */
export const expiry: readonly Case<BackendSubject>[] = [
  backendCase(
    "law-5.exact-millisecond",
    "a record is there one millisecond before its expiry and gone at it, in reads and scans",
    async (p) => {
      const expiresAt = NOW + 1234;
      await p.write(put("a", "1", { expiresAt }));
      const there = { key: "a", value: "1", revision: 1, expiresAt };
      assert.deepEqual(await p.readAt(expiresAt - 1, "a"), [there]);
      assert.deepEqual(await p.all(expiresAt - 1), [there]);
      assert.deepEqual(await p.readAt(expiresAt, "a"), [undefined]);
      assert.deepEqual(await p.all(expiresAt), []);
      assert.deepEqual(await p.readAt(expiresAt + 1, "a"), [undefined]);
    },
  ),
  backendCase("law-5.append-expires", "an appended record expires like any other", async (p) => {
    const expiresAt = NOW + 1234;
    const revision = await p.write(append("x/", "1", expiresAt), append("x/", "2"));
    assert.equal((await p.all(expiresAt - 1)).length, 2);
    assert.deepEqual(pairs(await p.all(expiresAt)), [`${keyAt("x/", revision, 1)}=2`]);
  }),
  backendCase(
    "law-5.expired-is-absent",
    "an expired record meets absence, and neither presence nor its revision, for put, delete and check",
    async (p) => {
      const expiresAt = NOW + 1234;
      const keys = ["put", "delete", "check"];
      await p.write(...keys.map((key) => put(key, "old", { expiresAt })));
      for (const expect of ["present", 1] as const) {
        const refused = [
          put("put", "new", { expect }),
          { op: "delete", key: "delete", expect },
          { op: "check", key: "check", expect },
        ] as const;
        for (const write of refused)
          await conflicts(
            p.writeAt(expiresAt, [write]),
            write.op,
            `a ${write.op} of an expired record expecting ${expect}`,
          );
      }
      await p.writeAt(expiresAt, [
        put("put", "new", { expect: "absent" }),
        { op: "delete", key: "delete", expect: "absent" },
        { op: "check", key: "check", expect: "absent" },
      ]);
      assert.deepEqual(await p.all(expiresAt), [{ key: "put", value: "new", revision: 2 }]);
    },
  ),
  backendCase(
    "law-5.delete-removes-expired",
    "deleting what has expired, and so is absent, takes it out of the engine: a reader whose clock lags finds it no more",
    async (p) => {
      const expiresAt = NOW + 1234;
      await p.write(put("a", "1", { expiresAt }), put("b", "1", { expiresAt }), put("c", "1"));
      const { op } = { op: "delete" } as const;
      await p.writeAt(expiresAt, [
        { op, key: "a", expect: "absent" },
        { op, key: "b", expect: "any" },
      ]);
      assert.deepEqual(await p.readAt(NOW, "a", "b"), [undefined, undefined]);
      assert.deepEqual(pairs(await p.all(NOW)), ["c=1"]);
    },
  ),
  backendCase(
    "law-5.counts-until-then",
    "one millisecond before its expiry a record meets presence and its revision",
    async (p) => {
      const expiresAt = NOW + 1234;
      await p.write(put("a", "1", { expiresAt }));
      await conflicts(
        p.writeAt(expiresAt - 1, [put("a", "2", { expect: "absent" })]),
        "a",
        "a put that expects absence",
      );
      await p.writeAt(expiresAt - 1, [{ op: "check", key: "a", expect: 1 }, put("b", "2")]);
      assert.deepEqual(pairs(await p.all(expiresAt - 1)), ["a=1", "b=2"]);
    },
  ),
  backendCase(
    "law-5.put-replaces-expiry",
    "a put sets the expiry anew: none where it gives none, its own where it gives one",
    async (p) => {
      await p.write(put("a", "1", { expiresAt: NOW + 10 }), put("b", "1", { expiresAt: NOW + 10 }));
      await p.write(put("a", "2"), put("b", "2", { expiresAt: NOW + 20 }));
      assert.deepEqual(pairs(await p.all(NOW + 19)), ["a=2", "b=2"]);
      assert.deepEqual(pairs(await p.all(NOW + 20)), ["a=2"]);
    },
  ),
  backendCase(
    "law-5.paging-skips-expired",
    "pages of any size, in both directions, give every record that has not expired, however many before it have",
    async (p) => {
      const expiresAt = NOW + 10;
      const keys = Array.from({ length: 40 }, (_, index) => `k${String(index).padStart(2, "0")}`);
      await p.write(...keys.map((key) => put(key, key, lives(key) ? {} : { expiresAt })));
      const alive = keys.filter(lives);
      for (const limit of [1, 2, 3, 100])
        for (const reverse of [false, true])
          assert.deepEqual(
            (await p.list({ limit, reverse }, expiresAt)).map(({ key }) => key),
            reverse ? alive.toReversed() : alive,
            `pages of ${limit}${reverse ? " in reverse" : ""}`,
          );
    },
  ),
  backendCase(
    "law-5.the-callers-clock",
    "only the caller's time counts, long ago and far ahead of this machine's",
    async (p) => {
      await p.writeAt(10, [put("past", "1", { expiresAt: 20 })]);
      assert.deepEqual(pairs(await p.readAt(19, "past")), ["past=1"]);
      await p.writeAt(15, [put("past", "2", { expiresAt: 20, expect: "present" })]);
      const future = Date.UTC(2200);
      await p.writeAt(future, [put("future", "1", { expiresAt: future + 1 })]);
      assert.deepEqual(pairs(await p.readAt(future, "future")), ["future=1"]);
      assert.deepEqual(await p.readAt(future + 1, "future"), [undefined]);
    },
  ),
  backendCase(
    "law-5.clock-goes-back",
    "a write by a clock that lags is a write like any other, and what it puts in its own past is gone at once for others",
    async (p) => {
      await p.writeAt(NOW, [put("a", "1", { expiresAt: NOW + 1000 })]);
      assert.deepEqual(pairs(await p.all(NOW)), ["a=1"]);
      assert.equal(await p.writeAt(NOW - 5000, [put("b", "2", { expiresAt: NOW - 1 })]), 2);
      assert.deepEqual(pairs(await p.all(NOW - 5000)), ["a=1", "b=2"]);
      assert.deepEqual(pairs(await p.all(NOW)), ["a=1"]);
      assert.equal(await p.writeAt(NOW - 5000, [put("a", "3", { expect: 1 })]), 3);
      assert.deepEqual(await p.all(NOW), [{ key: "a", value: "3", revision: 3 }]);
    },
  ),
  backendCase(
    "law-5.born-expired",
    "a record whose expiry is not after the write's time is never seen, and its write still counts",
    async (p) => {
      assert.equal(await p.write(put("a", "1", { expiresAt: NOW }), put("b", "1")), 1);
      assert.deepEqual(pairs(await p.all()), ["b=1"]);
      assert.equal(await p.write(put("a", "2", { expect: "absent" })), 2);
    },
  ),
];

/** Three of the forty keys, far apart, and none of them the first or among the last. */
function lives(key: string): boolean {
  return ["k01", "k12", "k38"].includes(key);
}
