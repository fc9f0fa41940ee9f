import assert from "node:assert/strict";
import type { Write } from "../../backend/contract.ts";
import { isStorageError } from "../../errors.ts";
import type { Case } from "../case.ts";
import { append, type Probe, probe, put } from "./probe.ts";
import { backendCase, type BackendSubject } from "./subject.ts";

/** Partitions of each kind that are written at once. */
const EACH = 6;

const appended = { from: "x/", to: "x0" };

/** Law 1 where an engine takes several writes in one go: each is one by itself all the same. */
export const company: readonly Case<BackendSubject>[] = [
  backendCase(
    "law-1.many-at-once",
    "of many writes at once each has the answer of its own, whatever became of the others",
    async ({ backend, name }) => {
      const some = (kind: string): readonly Probe[] =>
        Array.from({ length: EACH }, (_, index) => probe(backend, `${name}-${kind}${index}`));
      const [known, fresh, dropped, conflicting] = [some("k"), some("f"), some("d"), some("c")];
      for (const [index, p] of known.entries())
        for (let times = 0; times <= index; times += 1) await p.write(put("a", "old"));
      for (const p of [...dropped, ...conflicting]) await p.write(put("a", "old"));
      for (const p of dropped) await p.drop();
      const outcomes = await Promise.all(
        known.flatMap((p, index) => [
          outcome(p, index),
          outcome(dropped[index], index),
          outcome(fresh[index], index),
          outcome(conflicting[index], index, put("b", "", { expect: "present" })),
        ]),
      );
      assert.deepEqual(
        outcomes,
        known.flatMap((_, index) => [index + 2, "DELETED", 1, "CONFLICT b"]),
      );
      for (const [index, p] of known.entries())
        assert.deepEqual(
          (await p.list(appended)).map(({ value }) => value),
          [`${index}`],
        );
      for (const p of [...dropped, ...conflicting]) assert.deepEqual(await p.list(appended), []);
    },
  ),
];

/** The revision of a write that replaces `a` and appends, or the code of its error, with the key that it names. */
async function outcome(
  p: Probe | undefined,
  index: number,
  ...before: readonly Write[]
): Promise<number | string> {
  assert.ok(p);
  try {
    return await p.write(...before, put("a", `${index}`), append("x/", `${index}`));
  } catch (error) {
    assert.ok(isStorageError(error), String(error));
    return "key" in error ? `${error.code} ${String(error.key)}` : error.code;
  }
}
