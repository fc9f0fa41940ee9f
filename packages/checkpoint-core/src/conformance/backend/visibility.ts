import assert from "node:assert/strict";
import type { Case } from "../case.ts";
import { pairs, probe, put, type Probe } from "./probe.ts";
import { backendCase, type BackendSubject, withAnother } from "./subject.ts";

/** Law 3: what is written is read, and a read is one instant. */
export const visibility: readonly Case<BackendSubject>[] = [
  backendCase(
    "law-3.read-order",
    "a read answers in the order of its keys, with undefined where there is none",
    async (p) => {
      await p.write(put("a", "1"), put("b", "2"), put("c", "3"));
      assert.deepEqual(pairs(await p.read("c", "missing", "a", "A", "b")), [
        "c=3",
        "(none)",
        "a=1",
        "(none)",
        "b=2",
      ]);
    },
  ),
  backendCase(
    "law-3.nothing-there",
    "a partition that never existed reads as undefined and scans as an empty page at its end",
    async (p) => {
      assert.deepEqual(await p.read("a", "b"), [undefined, undefined]);
      assert.deepEqual(await p.all(), []);
      assert.deepEqual(await p.read(), []);
    },
  ),
  backendCase(
    "law-3.sees-own-writes",
    "each write is seen by the read and the scan that follow it",
    async (p) => {
      for (let index = 0; index < 50; index += 1) {
        await p.write(put("a", String(index)), put(`k${index}`, "x"));
        assert.equal((await p.one("a")).value, String(index));
        assert.equal((await p.all()).length, index + 2);
      }
    },
  ),
  backendCase(
    "law-3.sees-other-handles",
    "each write is seen by the read, the scan and the expectations of another handle",
    async (p, subject) => {
      await withAnother(subject, async (other) => {
        const there = probe(other, p.name);
        for (let index = 0; index < 20; index += 1) {
          const [writer, reader] = index % 4 < 2 ? [there, p] : [p, there];
          const revision = await writer.write(put("a", String(index)));
          const expected = { key: "a", value: String(index), revision };
          assert.deepEqual(await reader.read("a"), [expected]);
          assert.deepEqual(await reader.all(), [expected]);
          if (index % 3 === 2)
            assert.equal(await reader.write({ op: "check", key: "a", expect: revision }), revision);
        }
      });
    },
  ),
  backendCase(
    "law-3.read-one-instant",
    "a read of two keys never sees half of a write",
    async (p, subject) => {
      await withAnother(subject, async (other) => {
        const there = probe(other, p.name);
        await writePair(p, "0");
        await whileWriting(p, async () => {
          const [first, second] = await there.read("first", "second");
          assert.equal(first?.value, second?.value, "two keys that are always written together");
          assert.equal(first?.revision, second?.revision, "their revisions");
        });
      });
    },
  ),
  backendCase(
    "law-3.scan-one-instant",
    "a page of a scan never sees half of a write",
    async (p, subject) => {
      await withAnother(subject, async (other) => {
        const there = probe(other, p.name);
        await writePair(p, "0");
        await whileWriting(p, async () => {
          const { records } = await there.backend.scan(
            there.name,
            { from: "a", to: "z", limit: 10 },
            1,
          );
          const values = records.map(({ value }) => Buffer.from(value).toString("latin1"));
          assert.equal(values.length, 2, "both records, in each page");
          assert.equal(values[0], values[1], "two keys that are always written together");
        });
      });
    },
  ),
];

const WRITES = 100;

async function writePair(p: Probe, value: string): Promise<void> {
  await p.write(put("first", value), put("second", value));
}

/** Looks again and again until a writer of the pair has finished. */
async function whileWriting(p: Probe, look: () => Promise<void>): Promise<void> {
  const writer = { finished: false };
  const write = async (): Promise<void> => {
    try {
      for (let index = 1; index <= WRITES; index += 1) await writePair(p, String(index));
    } finally {
      writer.finished = true;
    }
  };
  const watch = async (): Promise<void> => {
    do await look();
    while (!writer.finished);
  };
  await Promise.all([write(), watch(), watch()]);
}
