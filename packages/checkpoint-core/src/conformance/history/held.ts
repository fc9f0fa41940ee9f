import assert from "node:assert/strict";
import type { HistoryEntry, HistoryStore } from "../../store/history/contract.ts";
import type { Case } from "../case.ts";
import { historyCase, type HistoryStoreSubject, named, refused, valuesOf } from "./store.ts";

/** Writers that race in one case: half of them on each of two handles. */
const RACERS = 16;

/** Rewrites that are held to what their caller saw, and updates that go on until they are not too late. */
export const historyHeld: readonly Case<HistoryStoreSubject>[] = [
  historyCase(
    "upsert-held",
    "an upsert that expects what was read is refused with all its entries once one of them is another",
    async (one, other) => {
      await one.append("t", [named("a", 1), named("b", 2), named("c", 3)]);
      const [a, b, c] = await one.read("t");
      await other.upsert("t", [named("a", 1)]);
      const stale = [expecting("b", b, "B"), expecting("a", a, "A"), named("n", "new")];
      await refused(one.upsert("t", stale), "CONFLICT", "a rewritten entry, though of one value");
      assert.deepEqual(await valuesOf(other), [1, 2, 3]);
      const fresh = await one.get("t", "a");
      await one.upsert("t", [expecting("b", b, "B"), expecting("a", fresh, "A")]);
      await other.replace("t", { from: c?.cursor, to: c?.cursor }, [], { expected: 1 });
      await refused(one.upsert("t", [expecting("c", c, "C")]), "CONFLICT", "one that is gone");
      assert.deepEqual(await valuesOf(other), ["A", "B"]);
    },
  ),
  historyCase(
    "upsert-expects-none",
    "an upsert that expects none of an id is refused where there is one, and writes it where there is none",
    async (one, other) => {
      await one.append("t", [named("a", 1)]);
      const none = { expectedRevision: null };
      await refused(
        other.upsert("t", [
          { ...named("b", 2), ...none },
          { ...named("a", 2), ...none },
        ]),
        "CONFLICT",
        "an id that is there",
      );
      await other.upsert("t", [{ ...named("b", 2), ...none }]);
      assert.deepEqual(await valuesOf(one), [1, 2]);
    },
  ),
  historyCase(
    "upsert-held-race",
    "of many that rewrite an entry as they have all seen it, one does",
    async (one, other) => {
      await one.append("t", [named("a", "old")]);
      const seen = await one.get("t", "a");
      const outcomes = await racing(one, other, async (history, index) =>
        history.upsert("t", [expecting("a", seen, index)]).then(
          () => "written" as const,
          (error: unknown) => (error as { readonly code?: unknown }).code,
        ),
      );
      const counted = Map.groupBy(outcomes, (outcome) => outcome);
      assert.equal(counted.get("written")?.length, 1);
      assert.equal(counted.get("CONFLICT")?.length, RACERS - 1);
      assert.deepEqual(await valuesOf(other), [outcomes.indexOf("written")]);
    },
  ),
  historyCase(
    "held-once",
    "a held rewrite that is tried again under its operation id gets its first answer",
    async (one, other) => {
      await one.append("t", [named("a", 1)]);
      const seen = await one.get("t", "a");
      const write = async (history: HistoryStore): Promise<unknown> =>
        history.upsert("t", [expecting("a", seen, 2)], { operationId: "op" });
      await write(one);
      assert.deepEqual(await write(other), {
        ids: ["a"],
        cursors: [seen?.cursor],
        replayed: true,
      });
      assert.deepEqual(await valuesOf(one), [2]);
    },
  ),
  historyCase(
    "replace-held",
    "a replacement that expects what was read is refused once an entry of its range is another",
    async (one, other) => {
      await one.append("t", [named("a", 1), named("b", 2), named("c", 3)]);
      const range = async (): Promise<Parameters<HistoryStore["replace"]>> => {
        const seen = (await one.read("t")).slice(0, 2);
        const expectedRevision = Math.max(...seen.map(({ revision }) => revision));
        const options = { expected: 2, expectedRevision };
        return ["t", { to: seen[1]?.cursor }, [named("s", "sum")], options];
      };
      const stale = await range();
      await other.upsert("t", [named("a", "more")]);
      await refused(one.replace(...stale), "CONFLICT", "a range of which an entry was rewritten");
      const fresh = await range();
      await other.upsert("t", [named("c", "behind")]);
      await one.replace(...fresh);
      assert.deepEqual(await valuesOf(other), ["sum", "behind"]);
    },
  ),
  historyCase(
    "update-race",
    "of many updates of one entry at once none is lost, whoever makes them",
    async (one, other) => {
      await one.append("t", [named("a", 0), named("b", "beside")]);
      const answers = await racing(one, other, async (history) => {
        const updated = await history.update<number>("t", "a", (count) => count + 1);
        return updated?.value;
      });
      assert.deepEqual(await valuesOf(other), [RACERS, "beside"]);
      const each = Array.from({ length: RACERS }, (_, index) => index + 1);
      assert.deepEqual(
        answers.toSorted((low, high) => Number(low) - Number(high)),
        each,
      );
    },
  ),
  historyCase(
    "update-answers",
    "an update answers the entry as it stands, writes nothing where nothing is to change, and makes no entry",
    async (one, other) => {
      await one.append("t", [named("a", { n: 1 })]);
      const seen = await other.get("t", "a");
      assert.equal(await other.update("t", "a", () => undefined), undefined);
      assert.equal(await other.update("t", "none", () => 1), undefined);
      assert.equal(await other.update("none", "a", () => 1), undefined);
      assert.deepEqual(await one.get("t", "a"), seen);
      const updated = await one.update("t", "a", (value, entry) => {
        assert.deepEqual(entry, seen);
        return { ...(value as object), m: 2 };
      });
      assert.notEqual(updated?.revision, seen?.revision);
      assert.deepEqual(updated, {
        ...seen,
        value: { n: 1, m: 2 },
        revision: updated?.revision,
      });
      assert.deepEqual([await other.get("t", "a")], await other.read("t"));
      assert.deepEqual(await other.get("t", "a"), updated);
      assert.equal(await one.count("none"), 0);
    },
  ),
  historyCase(
    "update-once",
    "an update that is tried again under its operation id changes nothing more",
    async (one, other) => {
      await one.append("t", [named("a", 0)]);
      assert.deepEqual([await addOnce(one), await addOnce(other), await addOnce(one)], [1, 1, 1]);
      await other.update("t", "a", () => 10);
      assert.equal(await addOnce(one), 10, "the entry as it stands");
    },
  ),
  historyCase(
    "get",
    "an entry is found by its id wherever it stands, as it was written last, and not once it is gone",
    async (one, other) => {
      const made = await one.append("t", [{ value: "made" }], { operationId: "op" });
      await one.append("t", [named("a", 1), named("b", 2)]);
      const [, , last] = await other.read("t");
      assert.equal((await other.get("t", "a"))?.value, 1);
      const swapped = [named("b", "B"), named("a", "A")];
      await one.replace("t", { from: (await one.get("t", "a"))?.cursor }, swapped, { expected: 2 });
      assert.deepEqual(
        [(await other.get("t", "a"))?.value, (await other.get("t", "a"))?.cursor],
        ["A", last?.cursor],
      );
      assert.equal((await other.get("t", made.ids[0] ?? ""))?.value, "made");
      await one.clear("t");
      for (const id of ["a", "b", "none"]) assert.equal(await other.get("t", id), undefined);
      assert.equal(await other.get("none", "a"), undefined);
    },
  ),
];

async function addOnce(history: HistoryStore): Promise<unknown> {
  const options = { operationId: "op" };
  return (await history.update<number>("t", "a", (count) => count + 1, options))?.value;
}

type Held = ReturnType<typeof named> & { readonly expectedRevision: number };

function expecting(id: string, seen: HistoryEntry | undefined, value: unknown): Held {
  assert.ok(seen, `${id} was there`);
  return { id, value, expectedRevision: seen.revision };
}

async function racing<T>(
  one: HistoryStore,
  other: HistoryStore,
  run: (history: HistoryStore, index: number) => Promise<T>,
): Promise<readonly T[]> {
  return Promise.all(
    Array.from({ length: RACERS }, async (_, index) => run(index % 2 ? other : one, index)),
  );
}
