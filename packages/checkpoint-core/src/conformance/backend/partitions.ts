import assert from "node:assert/strict";
import { partitionName } from "../../backend/keys.ts";
import type { Case } from "../case.ts";
import { append, pairs, type Probe, probe, put } from "./probe.ts";
import { hostileStrings } from "../hostileStrings.ts";
import { backendCase, type BackendSubject } from "./subject.ts";

/** Law 4, first half: no two names share a partition, and none reaches into another. */
export const partitions: readonly Case<BackendSubject>[] = [
  backendCase(
    "law-4.hostile-names",
    "partitions named by any two strings are two, and each holds its own records",
    async ({ backend }) => {
      const all = hostileStrings.map((name) =>
        probe(backend, partitionName("t", [undefined, name])),
      );
      await eachItsOwn(all);
    },
  ),
  backendCase(
    "law-4.scope-and-thread",
    "what the tenant's name and what the thread's name ends in never changes places",
    async ({ backend }) => {
      const separators = [":", "/", "%", "|", "#", ".", "-", "_", "~", "\u0000", " ", ""];
      const names = separators.flatMap((separator) => [
        ["user", `42${separator}x`],
        [`user${separator}42`, "x"],
        [`user${separator}42${separator}x`, ""],
        ["", `user${separator}42${separator}x`],
        [undefined, `user${separator}42${separator}x`],
      ]);
      const unique = new Map(names.map((parts) => [JSON.stringify(parts), parts]));
      await eachItsOwn(
        [...unique.values()].map((parts) => probe(backend, partitionName("t", parts))),
      );
    },
  ),
  backendCase(
    "law-4.longest-names",
    "names of 300 characters that differ in the last alone are two partitions",
    async ({ backend }) => {
      const start = "t/".padEnd(299, "n");
      await eachItsOwn(["1", "2", "3"].map((end) => probe(backend, `${start}${end}`)));
    },
  ),
  backendCase(
    "law-4.name-and-key-apart",
    "a partition whose name goes on where another's ends shares no record with it, whatever the keys",
    async ({ backend }) => {
      const long = partitionName("t", ["a", "b"]);
      const short = partitionName("t", ["a"]);
      const rest = long.slice(short.length);
      const [inner, outer] = [probe(backend, long), probe(backend, short)];
      await outer.write(put(`${rest}/k`, "outer"), put(`${rest.slice(1)}/k`, "outer"));
      assert.deepEqual(await inner.all(), []);
      await inner.write(put("k", "inner"), put("/k", "inner"), append("x/", "inner"));
      assert.deepEqual(pairs(await outer.all()), [`${rest}/k=outer`, `${rest.slice(1)}/k=outer`]);
      await outer.drop();
      assert.equal((await inner.all()).length, 3);
    },
  ),
  backendCase(
    "law-4.drop-reaches-no-other",
    "dropping a partition leaves those whose names begin alike",
    async ({ backend }) => {
      const names = ["user", "user:42", "user_42", "userX42", "user%", "user*", "USER", "use", "u"];
      const all = names.map((name) => probe(backend, partitionName("t", [undefined, name])));
      for (const one of all) await one.write(put("k", one.name));
      for (const [index, one] of all.entries()) {
        await one.drop();
        for (const other of all.slice(index + 1))
          assert.deepEqual(pairs(await other.all()), [`k=${other.name}`]);
      }
    },
  ),
];

/** Each partition writes one record under the same keys; each then holds exactly its own, at revision 1. */
async function eachItsOwn(all: readonly Probe[]): Promise<void> {
  assert.equal(
    new Set(all.map(({ name }) => name)).size,
    all.length,
    "names that are all different",
  );
  for (const one of all)
    assert.equal(
      await one.write(put("k", one.name, { expect: "absent" })),
      1,
      `the first write in ${one.name}`,
    );
  for (const one of all)
    assert.deepEqual(await one.all(), [{ key: "k", value: one.name, revision: 1 }]);
}
