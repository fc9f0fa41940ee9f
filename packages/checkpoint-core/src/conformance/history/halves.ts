import assert from "node:assert/strict";
import type { Case } from "../case.ts";
import { historyCase, type HistoryStoreSubject, named, unnamed, valuesOf } from "./store.ts";

/** Promises that are easily kept by half: in one thread, for one verb, or for one bound. */
export const historyHalves: readonly Case<HistoryStoreSubject>[] = [
  historyCase(
    "operations-belong-to-threads",
    "one operation id in two threads is two operations",
    async (one, other) => {
      const operation = { operationId: "op" };
      const first = await one.append("t", unnamed("mine"), operation);
      const second = await one.append("u", unnamed("theirs"), operation);
      const third = await one.upsert("v", [named("a")], operation);
      assert.deepEqual(
        [first, second, third].map(({ replayed }) => replayed),
        [false, false, false],
      );
      assert.deepEqual(await valuesOf(other, "t"), ["mine"]);
      assert.deepEqual(await valuesOf(one, "u"), ["theirs"]);
      assert.deepEqual(await valuesOf(one, "v"), ["a"]);
    },
  ),
  historyCase(
    "count",
    "count is the number of entries that a read gives, after every verb",
    async (one, other) => {
      const check = async (after: string): Promise<void> => {
        assert.equal(await one.count("t"), (await other.read("t")).length, `after ${after}`);
      };
      await check("nothing");
      const { cursors } = await one.append("t", [named("a"), named("b"), named("c")]);
      await check("an append");
      await one.append("t", [named("a"), named("d")]);
      await check("an append of which one was there");
      await one.upsert("t", [named("a", "a2"), named("e")]);
      await check("an upsert of which one was there");
      const [from, to] = cursors;
      if (from === undefined || to === undefined) assert.fail("an append names the places");
      await one.replace("t", { from, to }, [named("sum")], { expected: 2 });
      await check("a replacement");
      assert.equal(await one.count("t"), 4);
      await one.clear("t");
      await check("clearing");
    },
  ),
  historyCase(
    "max-bytes-and-limit",
    "of maxBytes and limit the one counts that is reached first",
    async (one) => {
      for (let index = 0; index < 5; index += 1)
        await one.append("t", [named(`e${index}`, `${index}`.repeat(1000))]);
      const firsts = async (limit: number): Promise<readonly unknown[]> =>
        ((await valuesOf(one, "t", { maxBytes: 2800, limit })) as readonly string[]).map(
          (text) => text[0],
        );
      assert.deepEqual(await firsts(4), ["3", "4"]);
      assert.deepEqual(await firsts(1), ["4"]);
    },
  ),
];
