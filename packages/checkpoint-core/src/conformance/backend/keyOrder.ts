import assert from "node:assert/strict";
import type { ScanRange } from "../../backend/contract.ts";
import { prefixRange } from "../../backend/keys.ts";
import type { Case } from "../case.ts";
import { type Probe, put } from "./probe.ts";
import { backendCase, type BackendSubject } from "./subject.ts";

/** Law 4, second half: keys sort byte by byte, and ranges hold what they say. */
export const keyOrder: readonly Case<BackendSubject>[] = [
  backendCase(
    "law-4.byte-order",
    "keys sort byte by byte: punctuation, digits, upper and lower case where ASCII has them",
    async (p) => {
      const single = printable();
      const keys = [
        ...single,
        ...single.map((character) => `a${character}a`),
        "a",
        "aa",
        "aA",
        "__proto__",
        "constructor",
        "10",
        "9",
        "Aa",
      ];
      const unique = [...new Set(keys)];
      await fill(p, unique.toReversed());
      assert.deepEqual(await keysOf(p, {}), unique.toSorted(byBytes));
    },
  ),
  backendCase(
    "law-4.prefix-equal-key",
    "the range of a prefix holds the key that equals the prefix",
    async (p) => {
      await fill(p, ["x", "x/", "x/a", "x0", "w/", "x."]);
      assert.deepEqual(await keysOf(p, prefixRange("x/")), ["x/", "x/a"]);
      assert.deepEqual(await keysOf(p, { ...prefixRange("x/"), reverse: true }), ["x/a", "x/"]);
    },
  ),
  backendCase(
    "law-4.prefix-range",
    "the range of a prefix holds the keys that begin with it and no other, also where it looks like a pattern",
    async (p) => {
      const stems = ["a_b", "aXb", "a%b", "a*b", "a?b", "a[b]", "a.b", "a\\b", "A_b", "a_", "a{b}"];
      const keys = [
        ...stems,
        ...stems.map((stem) => `${stem}/1`),
        ...stems.map((stem) => `${stem}~`),
      ];
      await fill(p, keys);
      for (const stem of [...stems, "a", "A", "b"])
        assert.deepEqual(
          await keysOf(p, prefixRange(stem)),
          keys.filter((key) => key.startsWith(stem)).toSorted(byBytes),
          `the range of the prefix ${stem}`,
        );
    },
  ),
  backendCase(
    "law-4.bounds",
    "a range holds its lower bound and not its upper one, in both directions",
    async (p) => {
      await fill(p, ["a", "b", "c", "d"]);
      assert.deepEqual(await keysOf(p, { from: "b", to: "d" }), ["b", "c"]);
      assert.deepEqual(await keysOf(p, { from: "b", to: "d", reverse: true }), ["c", "b"]);
      assert.deepEqual(await keysOf(p, { from: "b", to: "b" }), []);
      assert.deepEqual(await keysOf(p, { from: "bb", to: "zz" }), ["c", "d"]);
      assert.deepEqual(await keysOf(p, { from: "0", to: "a" }), []);
      assert.deepEqual(await keysOf(p, { from: "c", to: "b" }), []);
    },
  ),
  backendCase(
    "law-4.reverse",
    "a reverse scan gives the last keys of the range first",
    async (p) => {
      const keys = ["a", "b", "c", "d", "e"];
      await fill(p, keys);
      assert.deepEqual(await keysOf(p, { reverse: true }), keys.toReversed());
      const page = await p.backend.scan(
        p.name,
        { ...prefixRange(""), limit: 1, reverse: true },
        Date.UTC(2024),
      );
      assert.deepEqual(
        page.records.map(({ key }) => key),
        ["e"],
        "the first page of one record",
      );
    },
  ),
  backendCase(
    "law-4.paging",
    "pages of any size, in both directions, give the whole listing, each record once",
    async (p) => {
      const keys = ["A", "a", "a/", "a/b", "a0", "b", "b~", "c", "d", "e", "f", "~"];
      await fill(p, keys);
      const sorted = keys.toSorted(byBytes);
      for (let limit = 1; limit <= keys.length + 1; limit += 1)
        for (const reverse of [false, true])
          assert.deepEqual(
            await keysOf(p, { limit, reverse }),
            reverse ? sorted.toReversed() : sorted,
            `pages of ${limit}${reverse ? " in reverse" : ""}`,
          );
      assert.deepEqual(await keysOf(p, { from: "a/", to: "c", limit: 2 }), [
        "a/",
        "a/b",
        "a0",
        "b",
        "b~",
      ]);
    },
  ),
  backendCase(
    "law-4.no-hidden-limit",
    "a listing of many records ends where the records end",
    async (p) => {
      const keys = Array.from({ length: 1100 }, (_, index) => `k${String(index).padStart(4, "0")}`);
      for (let index = 0; index < keys.length; index += 50)
        await fill(p, keys.slice(index, index + 50));
      assert.deepEqual(await keysOf(p, { limit: 2000 }), keys);
      assert.deepEqual(await keysOf(p, { limit: 2000, reverse: true }), keys.toReversed());
    },
  ),
  backendCase(
    "law-4.end-of-range",
    "a page that ends early or is full says where to go on, and the last one does not go on for ever",
    async (p) => {
      await fill(p, ["a", "b", "c"]);
      const full = await p.backend.scan(p.name, { ...prefixRange(""), limit: 2 }, 1);
      assert.equal(typeof full.next, "string", "next of a page with more behind it");
      assert.deepEqual(await keysOf(p, { limit: 3 }), ["a", "b", "c"]);
    },
  ),
  backendCase(
    "law-4.longest-keys",
    "keys of the longest length that differ in their last character are two, in order",
    async (p) => {
      const stem = "k".repeat(p.backend.limits.maxKeyBytes - 1);
      const keys = [`${stem}B`, `${stem}a`, `${stem}b`];
      await fill(p, keys.toReversed());
      assert.deepEqual(await keysOf(p, {}), keys);
      assert.equal((await p.one(`${stem}a`)).value, `${stem}a`);
    },
  ),
];

async function fill(p: Probe, keys: readonly string[]): Promise<void> {
  for (let index = 0; index < keys.length; index += 50)
    await p.write(...keys.slice(index, index + 50).map((key) => put(key, key)));
}

async function keysOf(p: Probe, range: Partial<ScanRange>): Promise<readonly string[]> {
  const records = await p.list(range);
  for (const { key, value } of records) assert.equal(value, key, "the value under its key");
  return records.map(({ key }) => key);
}

/** Every character that a key may hold. */
function printable(): readonly string[] {
  return Array.from({ length: 0x7e - 0x21 + 1 }, (_, index) => String.fromCharCode(0x21 + index));
}

function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
