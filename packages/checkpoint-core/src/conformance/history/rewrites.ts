import assert from "node:assert/strict";
import type { HistoryStore } from "../../store/history/contract.ts";
import type { Case } from "../case.ts";
import {
  AT_ONCE,
  historyCase,
  type HistoryStoreSubject,
  named,
  refused,
  unnamed,
  valuesOf,
} from "./store.ts";

/** What changes what is written: in place, at one instant, once. */
export const historyRewrites: readonly Case<HistoryStoreSubject>[] = [
  historyCase(
    "upsert-keeps-its-date",
    "an entry that is rewritten keeps its id, its place and the date of the first one",
    async (one, other) => {
      await one.append("t", [named("a", 1), named("b", 2)]);
      const [before] = await one.read("t");
      await turn();
      await other.upsert("t", [named("a", { more: true })]);
      const [after] = await one.read("t");
      assert.deepEqual(after, { ...before, value: { more: true }, revision: after?.revision });
      assert.notEqual(after?.revision, before?.revision);
    },
  ),
  historyCase(
    "compaction",
    "a summary takes the place of 1,500 entries, and readers see all of them or it alone",
    async (one, other) => {
      const last = await fill(one, 1_520);
      const to = last[1_499] ?? "";
      const done = new AbortController();
      const seen = new Set<number>();
      const reads = async (): Promise<void> => {
        while (!done.signal.aborted) {
          seen.add((await other.read("t")).length);
          await turn();
        }
      };
      const reading = reads();
      const range = { to };
      await one
        .replace("t", range, [named("s", "summary")], { expected: 1_500, operationId: "c" })
        .finally(() => done.abort());
      await reading;
      for (const length of seen) assert.ok(length === 1_520 || length === 21, `${length} entries`);
      const left = ["summary", ...Array.from({ length: 20 }, (_, index) => 1_500 + index)];
      for (const history of [one, other]) {
        assert.deepEqual(await valuesOf(history), left);
        assert.deepEqual(await valuesOf(history, "t", { limit: 21 }), left);
        assert.equal(await history.count("t"), 21);
      }
      await other.append("t", [named("e7", "again")]);
      assert.deepEqual(await valuesOf(one), [...left, "again"]);
    },
  ),
  historyCase(
    "pop",
    "a replacement by nothing takes the last entry away, once, and only if nothing came behind it",
    async (one, other) => {
      const cursors = await fill(one, 3);
      const from = cursors[2] ?? "";
      await other.append("t", [named("x", "behind")]);
      await refused(one.replace("t", { from }, [], { expected: 1 }), "CONFLICT", "a stale pop");
      await one.replace("t", { from }, [], { expected: 2, operationId: "p" });
      assert.deepEqual(await valuesOf(other), [0, 1]);
      const again = await one.append("t", [named("e2", "new")]);
      assert.ok((again.cursors[0] ?? "") > from, "a new entry stands behind all that there were");
      assert.deepEqual(await valuesOf(other), [0, 1, "new"]);
    },
  ),
  historyCase(
    "rewrites-once",
    "a rewrite that is retried later changes nothing more, whoever retries",
    async (one, other) => {
      const cursors = await fill(one, 4);
      const range = { from: cursors[1] ?? "", to: cursors[2] ?? "" };
      const replace = (history: HistoryStore): Promise<unknown> =>
        history.replace("t", range, unnamed("sum"), { expected: 2, operationId: "op" });
      await upsertFirst(one);
      await replace(one);
      await one.upsert("t", [named("e0", "later")]);
      for (const history of [one, other]) {
        await upsertFirst(history);
        await replace(history);
      }
      assert.deepEqual(await valuesOf(one), ["later", "sum", 3]);
      await one.clear("t", { operationId: "op" });
      await one.append("t", [named("n", "new")]);
      await other.clear("t", { operationId: "op" });
      assert.deepEqual(await valuesOf(one), ["new"]);
    },
  ),
];

function upsertFirst(history: HistoryStore): Promise<unknown> {
  return history.upsert("t", [named("e0", "first")], { operationId: "op" });
}

/** The next turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Writes the numbers from 0 on and returns their cursors. */
async function fill(history: HistoryStore, count: number): Promise<readonly string[]> {
  const cursors: string[] = [];
  for (let first = 0; first < count; first += AT_ONCE) {
    const entries = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, index) =>
      named(`e${first + index}`, first + index),
    );
    cursors.push(...(await history.append("t", entries)).cursors);
  }
  return cursors;
}
