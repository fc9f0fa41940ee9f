import assert from "node:assert/strict";
import type { HistoryStore } from "../../store/history/contract.ts";
import type { Case } from "../case.ts";
import {
  AT_ONCE,
  historyCase,
  type HistoryStoreSubject,
  named,
  refused,
  valuesOf,
} from "./store.ts";

/** What is read of a history, and what changes what is there. */
export const historyReads: readonly Case<HistoryStoreSubject>[] = [
  historyCase("nothing-there", "a thread without entries reads as none", async (one) => {
    assert.deepEqual(await one.read("t"), []);
    assert.equal(await one.count("t"), 0);
  }),
  historyCase("last-n", "a limit of n reads the last n, in order", async (one) => {
    await fill(one, 7);
    for (const limit of [1, 3, 7, 9])
      assert.deepEqual(await valuesOf(one, "t", { limit }), [0, 1, 2, 3, 4, 5, 6].slice(-limit));
    assert.deepEqual(await valuesOf(one, "t", { limit: 0 }), []);
  }),
  historyCase("no-hidden-limit", "without a limit all of 300 entries are read", async (one) => {
    await fill(one, 300);
    assert.equal((await one.read("t")).length, 300);
    assert.equal(await one.count("t"), 300);
  }),
  historyCase(
    "bounds",
    "after and before leave their cursor out, upTo holds it, and a limit takes the last of them",
    async (one) => {
      const cursors = await fill(one, 7);
      const [second = "", fifth = ""] = [cursors[1], cursors[4]];
      assert.deepEqual(await valuesOf(one, "t", { after: second }), [2, 3, 4, 5, 6]);
      assert.deepEqual(await valuesOf(one, "t", { before: fifth }), [0, 1, 2, 3]);
      assert.deepEqual(await valuesOf(one, "t", { upTo: fifth }), [0, 1, 2, 3, 4]);
      assert.deepEqual(await valuesOf(one, "t", { after: second, upTo: fifth }), [2, 3, 4]);
      assert.deepEqual(await valuesOf(one, "t", { before: fifth, limit: 2 }), [2, 3]);
      assert.deepEqual(await valuesOf(one, "t", { after: cursors[6] ?? "" }), []);
    },
  ),
  historyCase(
    "max-bytes",
    "maxBytes stops ahead of what is too much, and gives at least the last one",
    async (one) => {
      for (let index = 0; index < 5; index += 1)
        await one.append("t", [named(`e${index}`, `${index}`.repeat(1000))]);
      const two = (await valuesOf(one, "t", { maxBytes: 2800 })) as readonly string[];
      assert.deepEqual(
        two.map((text) => text[0]),
        ["3", "4"],
      );
      assert.equal((await one.read("t", { maxBytes: 1 })).length, 1);
    },
  ),
  historyCase("bad-bounds", "a limit that is not a whole number is refused", async (one) => {
    await fill(one, 1);
    for (const limit of [-1, 1.5, Number.NaN])
      await refused(one.read("t", { limit }), "INVALID_ARGUMENT", `a limit of ${limit}`);
  }),
  historyCase(
    "upsert",
    "an upsert replaces in place, and adds what is new at the end",
    async (one, other) => {
      const cursors = await fill(one, 3);
      const { cursors: places } = await other.upsert("t", [named("e1", "new"), named("x", "end")]);
      assert.equal(places[0], cursors[1]);
      for (const history of [one, other])
        assert.deepEqual(await valuesOf(history), [0, "new", 2, "end"]);
      assert.equal(await one.count("t"), 4);
    },
  ),
  historyCase(
    "replace",
    "a replacement stands where the range stood, if the caller saw all of it",
    async (one, other) => {
      const cursors = await fill(one, 6);
      const range = { from: cursors[1] ?? "", to: cursors[3] ?? "" };
      await refused(
        one.replace("t", range, [named("s", "summary")], { expected: 2, operationId: "r1" }),
        "CONFLICT",
        "a replacement of 3 entries that expects 2",
      );
      assert.deepEqual(await valuesOf(one), [0, 1, 2, 3, 4, 5]);
      await other.replace("t", range, [named("s", "summary")], { expected: 3, operationId: "r2" });
      await one.replace("t", range, [named("s", "summary")], { expected: 3, operationId: "r2" });
      assert.deepEqual(await valuesOf(one), [0, "summary", 4, 5]);
      assert.equal(await one.count("t"), 4);
      await one.append("t", [named("last", "last")]);
      assert.deepEqual(await valuesOf(other), [0, "summary", 4, 5, "last"]);
    },
  ),
  historyCase(
    "clear",
    "after a clear no entry is left, and new ones can come",
    async (one, other) => {
      await fill(one, 5);
      await other.clear("t");
      assert.deepEqual(await one.read("t"), []);
      assert.equal(await one.count("t"), 0);
      await one.append("t", [named("e1", "again")]);
      assert.deepEqual(await valuesOf(other), ["again"]);
    },
  ),
];

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
