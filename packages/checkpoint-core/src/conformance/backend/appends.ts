import assert from "node:assert/strict";
import { keyAt, prefixRange } from "../../backend/keys.ts";
import type { Case } from "../case.ts";
import { append, NOW, pairs, probe, put } from "./probe.ts";
import { backendCase, type BackendSubject, withAnother } from "./subject.ts";

/** Law 2: appended keys sort in write order, and the caller can build them. */
export const appends: readonly Case<BackendSubject>[] = [
  backendCase(
    "law-2.key-at",
    "an appended record stands under keyAt of the prefix, the write's revision and its place in the list",
    async (p) => {
      await p.write(put("a", "1"));
      const revision = await p.write(
        put("a", "2"),
        { op: "check", key: "b", expect: "absent" },
        append("x/", "first"),
        { op: "delete", key: "c", expect: "any" },
        append("x/", "second"),
        append("y/", "third"),
      );
      const keys = [keyAt("x/", revision, 2), keyAt("x/", revision, 4), keyAt("y/", revision, 5)];
      assert.deepEqual(await p.read(...keys), [
        { key: keys[0], value: "first", revision: 2 },
        { key: keys[1], value: "second", revision: 2 },
        { key: keys[2], value: "third", revision: 2 },
      ]);
      assert.equal((await p.all()).length, 4);
    },
  ),
  backendCase(
    "law-2.write-order",
    "appended keys sort in write order over every change in the number of digits",
    async (p) => {
      const written = [];
      for (let index = 0; index < 101; index += 1) {
        await p.write(append("x/", String(index)));
        written.push(String(index));
      }
      const values = (await p.list(prefixRange("x/"))).map(({ value }) => value);
      assert.deepEqual(values, written);
    },
  ),
  backendCase(
    "law-2.order-in-a-batch",
    "appends of one batch sort in the order of its list",
    async (p) => {
      const values = Array.from({ length: 25 }, (_, index) => `v${index}`);
      await p.write(...values.map((value) => append("x/", value)));
      assert.deepEqual(
        (await p.list(prefixRange("x/"))).map(({ value }) => value),
        values,
      );
    },
  ),
  backendCase(
    "law-2.clock-goes-back",
    "appends sort in write order when the caller's clock goes back or stands still",
    async (p) => {
      const clocks = [NOW, NOW, NOW - 3_600_000, NOW + 3_600_000, NOW - 7_200_000, NOW];
      for (const [index, now] of clocks.entries())
        await p.writeAt(now, [append("x/", String(index))]);
      const values = (await p.list(prefixRange("x/"))).map(({ value }) => value);
      assert.deepEqual(values, ["0", "1", "2", "3", "4", "5"]);
    },
  ),
  backendCase(
    "law-2.two-handles",
    "appends from two handles sort in write order",
    async (p, subject) => {
      await withAnother(subject, async (other) => {
        const there = probe(other, p.name);
        for (let index = 0; index < 6; index += 1)
          await (index % 2 ? there : p).write(append("x/", String(index)));
        for (const handle of [p, there])
          assert.deepEqual(
            (await handle.list(prefixRange("x/"))).map(({ value }) => value),
            ["0", "1", "2", "3", "4", "5"],
          );
      });
    },
  ),
  backendCase(
    "law-2.concurrent",
    "appends that race are all kept, each under its own revision",
    async (p) => {
      const values = Array.from({ length: 16 }, (_, index) => `v${index}`);
      const revisions = await Promise.all(values.map((value) => p.write(append("x/", value))));
      const expected = values
        .map((value, index) => `${keyAt("x/", revisions[index] ?? 0, 0)}=${value}`)
        .toSorted();
      assert.deepEqual(pairs(await p.all()), expected);
      assert.equal(new Set(revisions).size, values.length);
    },
  ),
];
