import assert from "node:assert/strict";
import { keyAt } from "../../backend/keys.ts";
import type { Case } from "../case.ts";
import { append, conflicts, fails, NOW, pairs, probe, put } from "./probe.ts";
import { backendCase, type BackendSubject, withAnother } from "./subject.ts";

/** Law 6: what was dropped stays dropped until it is revived on purpose, and revisions never restart. */
export const drops: readonly Case<BackendSubject>[] = [
  backendCase(
    "law-6.nothing-is-left",
    "after a drop reads and scans find nothing, from any handle",
    async (p, subject) => {
      await p.write(put("a", "1"), append("x/", "1"));
      await p.drop();
      await withAnother(subject, async (other) => {
        for (const handle of [p, probe(other, p.name)]) {
          assert.deepEqual(await handle.read("a", keyAt("x/", 1, 1)), [undefined, undefined]);
          assert.deepEqual(await handle.all(), []);
        }
      });
    },
  ),
  backendCase(
    "law-6.many-records",
    "a drop of more records than one write holds leaves none of them",
    async (p) => {
      for (let batch = 0; batch < 30; batch += 1)
        await p.write(...Array.from({ length: 50 }, () => append("x/", "1")));
      await p.drop();
      assert.deepEqual(await p.all(), []);
      await p.writeAt(NOW, [put("a", "1")], true);
      assert.deepEqual(pairs(await p.all()), ["a=1"]);
    },
  ),
  backendCase(
    "law-6.late-write",
    "a write after a drop is refused as DELETED, whatever it holds, from any handle, and brings nothing back",
    async (p, subject) => {
      await p.write(put("a", "1"));
      await p.drop();
      const late = [
        put("a", "2"),
        put("a", "2", { expect: "absent" }),
        append("x/", "2"),
        { op: "delete", key: "a", expect: "any" },
      ] as const;
      await withAnother(subject, async (other) => {
        for (const handle of [p, probe(other, p.name)])
          for (const write of late) {
            await fails(handle.write(write), "DELETED", `a late ${write.op}`);
            assert.deepEqual(await handle.all(), []);
          }
      });
    },
  ),
  backendCase(
    "law-6.deleted-before-conflict",
    "a late write whose expectations do not hold either is DELETED, not a conflict",
    async (p) => {
      await p.write(put("a", "1"));
      await p.drop();
      await fails(p.write(put("a", "2", { expect: 1 })), "DELETED", "a late put on revision 1");
    },
  ),
  backendCase(
    "law-6.late-checks",
    "a write of checks alone is refused after a drop like any other",
    async (p) => {
      await p.write(put("a", "1"));
      await p.drop();
      await fails(
        p.write({ op: "check", key: "a", expect: "absent" }),
        "DELETED",
        "a write of checks alone",
      );
    },
  ),
  backendCase(
    "law-6.revive",
    "revive starts the partition again, empty, and plain writes work from then on",
    async (p) => {
      await p.write(put("a", "1"), put("b", "1"));
      await p.drop();
      await p.writeAt(NOW, [put("a", "2", { expect: "absent" })], true);
      assert.deepEqual(pairs(await p.all()), ["a=2"]);
      await p.write(put("c", "3"));
      assert.deepEqual(pairs(await p.all()), ["a=2", "c=3"]);
    },
  ),
  backendCase(
    "law-6.revive-seen-by-all",
    "a life that one handle began is open to every other, also to one that was told of the drop",
    async (p, subject) => {
      await p.write(put("a", "1"));
      await p.drop();
      await withAnother(subject, async (other) => {
        const there = probe(other, p.name);
        await fails(there.write(put("b", "1")), "DELETED", "a late write");
        await p.writeAt(NOW, [put("a", "2")], true);
        assert.equal(await there.write(put("b", "2")), 3);
        assert.deepEqual(pairs(await p.all()), ["a=2", "b=2"]);
      });
    },
  ),
  backendCase(
    "law-6.revive-of-the-living",
    "revive does nothing to a partition that was not dropped",
    async (p) => {
      assert.equal(await p.writeAt(NOW, [put("a", "1")], true), 1);
      assert.equal(await p.writeAt(NOW, [put("b", "2")], true), 2);
      assert.deepEqual(pairs(await p.all()), ["a=1", "b=2"]);
    },
  ),
  backendCase(
    "law-6.failed-revive",
    "a reviving write that conflicts, or that holds checks alone, leaves the partition dropped",
    async (p) => {
      await p.write(put("a", "1"));
      await p.drop();
      await conflicts(
        p.writeAt(NOW, [put("a", "2", { expect: "present" })], true),
        "a",
        "a reviving put over nothing",
      );
      await fails(p.write(put("a", "2")), "DELETED", "a write after a reviving one conflicted");
      assert.equal(await p.writeAt(NOW, [{ op: "check", key: "a", expect: "absent" }], true), 1);
      await fails(
        p.write(put("a", "2")),
        "DELETED",
        "a write after a reviving one of checks alone",
      );
    },
  ),
  backendCase(
    "law-6.revisions-never-restart",
    "revisions go on over a drop, so that no old expectation fits a new record",
    async (p) => {
      await p.write(put("a", "1"));
      await p.write(put("a", "2"));
      await p.drop();
      assert.equal(await p.writeAt(NOW, [put("a", "3")], true), 3);
      await conflicts(p.write(put("a", "4", { expect: 1 })), "a", "a put on the old revision");
      await p.drop();
      assert.equal(await p.writeAt(NOW, [append("x/", "4")], true), 4);
    },
  ),
  backendCase("law-6.drop-again", "dropping again changes nothing", async (p) => {
    await p.write(put("a", "1"));
    await p.drop();
    await p.drop();
    await fails(p.write(put("a", "2")), "DELETED", "a write after two drops");
    assert.equal(await p.writeAt(NOW, [put("a", "2")], true), 2);
  }),
  backendCase(
    "law-6.drop-of-nothing",
    "a drop of what never existed leaves no tombstone",
    async (p) => {
      await p.drop();
      assert.equal(await p.write(put("a", "1", { expect: "absent" })), 1);
    },
  ),
  backendCase(
    "law-6.held-drop",
    "a drop that is held to a record happens only while that has its revision, from any handle",
    async (p, subject) => {
      await withAnother(subject, async (other) => {
        await p.write(put("a", "1"));
        await p.write(put("a", "2"));
        const drop = (key: string, revision: number): Promise<void> =>
          other.drop(p.name, NOW, { key, revision });
        await conflicts(drop("a", 1), "a", "a drop held to an older revision");
        await conflicts(drop("b", 2), "b", "a drop held to a record that is not there");
        assert.deepEqual(pairs(await p.all()), ["a=2"]);
        assert.equal(await p.write(put("c", "3")), 3);
        await drop("a", 2);
        assert.deepEqual(await p.all(), []);
        await fails(p.write(put("a", "4")), "DELETED", "a write after the drop");
      });
    },
  ),
  backendCase(
    "law-6.held-drop-of-expired",
    "a drop that is held to a record does not happen from its expiry on",
    async (p) => {
      const expiresAt = NOW + 10;
      const held = {
        key: "a",
        revision: await p.write(put("a", "1", { expiresAt }), put("b", "1")),
      };
      await conflicts(p.backend.drop(p.name, expiresAt, held), "a", "a drop at the expiry");
      assert.deepEqual(pairs(await p.all(expiresAt)), ["b=1"]);
      await p.backend.drop(p.name, expiresAt - 1, held);
      assert.deepEqual(await p.all(), []);
    },
  ),
  backendCase(
    "law-6.held-drop-again",
    "a held drop of what is dropped or never was does nothing, and ends no other life",
    async (p) => {
      await p.backend.drop(p.name, NOW, { key: "a", revision: 1 });
      assert.equal(await p.write(put("a", "1", { expect: "absent" })), 1);
      await p.backend.drop(p.name, NOW, { key: "a", revision: 1 });
      await p.backend.drop(p.name, NOW, { key: "a", revision: 1 });
      assert.equal(await p.writeAt(NOW, [put("a", "2")], true), 2);
      await conflicts(
        p.backend.drop(p.name, NOW, { key: "a", revision: 1 }),
        "a",
        "a late drop of the earlier life",
      );
      assert.deepEqual(pairs(await p.all()), ["a=2"]);
    },
  ),
  backendCase(
    "law-6.drop-among-writers",
    "of writes that race with a drop each lands before it or is DELETED, and none is left",
    async (p) => {
      await p.write(put("a", "0"));
      const writes = Array.from({ length: 32 }, async (_, index) => {
        await p.write(put(`k${index}`, "1"), append("x/", "1"));
        return "landed";
      });
      const [drop, ...landed] = await Promise.allSettled([p.drop(), ...writes]);
      assert.equal(drop.status, "fulfilled");
      for (const one of landed)
        if (one.status === "rejected")
          await fails(Promise.reject(one.reason as Error), "DELETED", "a write beside a drop");
      assert.deepEqual(await p.all(), []);
      await fails(p.write(put("a", "1")), "DELETED", "a write after all of it");
    },
  ),
];
