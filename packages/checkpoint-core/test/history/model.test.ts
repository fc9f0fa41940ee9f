import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createStore, type HistoryStore, memoryBackend } from "../../src/index.ts";

const DAY = 86_400_000;

/** What a plain list holds, and what operations have named. */
interface World {
  readonly history: HistoryStore;
  readonly list: { id: string; value: unknown }[];
  readonly operations: { operationId: string; ids: readonly string[] }[];
  /** The number of the step: a value that no other step writes. */
  readonly fresh: number;
  readonly pass: (days: number) => void;
}

type Step = (world: World) => Promise<void>;

const append =
  (verb: "append" | "upsert", ids: readonly string[]): Step =>
  async ({ history, list, fresh }) => {
    const added = ids.map((id) => ({ id, value: fresh }));
    await history[verb]("t", added);
    for (const entry of added) {
      const place = list.findIndex(({ id }) => id === entry.id);
      if (place < 0) list.push(entry);
      else if (verb === "upsert") list[place] = entry;
    }
  };

const replace =
  (at: number, size: number, length: number): Step =>
  async ({ history, list, fresh }) => {
    const found = await history.read("t");
    const [from, to] = [found[at], found[Math.min(at + size, found.length - 1)]];
    if (!from || !to) return;
    const expected = Math.min(size + 1, found.length - at);
    const added = Array.from({ length }, (_, n) => ({ id: `${fresh}r${n}`, value: fresh }));
    await history.replace("t", { from: from.cursor, to: to.cursor }, added, { expected });
    list.splice(at, expected, ...added);
  };

/** Two neighbours change places and keep their ids. */
const swap =
  (at: number): Step =>
  async ({ history, list, fresh }) => {
    const [one, two] = (await history.read("t")).slice(at, at + 2);
    if (!one || !two) return;
    const added = [two, one].map(({ id }) => ({ id, value: fresh }));
    await history.replace("t", { from: one.cursor, to: two.cursor }, added, { expected: 2 });
    list.splice(at, 2, ...added);
  };

const name =
  (count: number): Step =>
  async ({ history, list, operations, fresh }) => {
    const operationId = `op${fresh}`;
    const added = Array.from({ length: count }, () => ({ value: fresh }));
    const { ids } = await history.append("t", added, { operationId });
    operations.unshift({ operationId, ids });
    list.push(...ids.map((id) => ({ id, value: fresh })));
  };

/** Once all that it wrote is gone, what a retry does depends on how long ago that was. */
const retry =
  (at: number): Step =>
  async ({ history, list, operations }) => {
    const made = operations[at];
    if (!made?.ids.some((id) => list.some((entry) => entry.id === id))) return;
    const added = made.ids.map(() => ({ value: "again" }));
    const { operationId, ids } = made;
    const answer = await history.append("t", added, { operationId });
    expect(answer).toMatchObject({ ids, replayed: true });
  };

const clear: Step = async ({ history, list }) => {
  await history.clear("t");
  list.length = 0;
};

const ids = fc.uniqueArray(fc.integer({ min: 0, max: 9 }).map(String), { maxLength: 3 });
const steps: fc.Arbitrary<Step> = fc.oneof(
  ids.map((some) => append("append", some)),
  ids.map((some) => append("upsert", some)),
  fc.tuple(fc.nat(9), fc.nat(4), fc.nat(4)).map((some) => replace(...some)),
  fc.nat(9).map(swap),
  fc.nat(3).map(name),
  fc.nat(3).map(retry),
  fc.constant(clear),
  fc.integer({ min: 1, max: 40 }).map(
    (days): Step =>
      async ({ pass }) =>
        pass(days),
  ),
);

test("equals a plain list under random verbs from two processes, over any time", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(steps, fc.boolean()), { maxLength: 25 }), async (all) => {
      const backend = memoryBackend();
      let days = 0;
      const pass = (more: number): void => {
        days += more;
      };
      const stores = [0, 1].map(() => createStore({ backend, now: () => days * DAY }).history);
      const world: Omit<World, "history" | "fresh"> = { list: [], operations: [], pass };
      for (const [fresh, [step, second]] of all.entries()) {
        const [one, other] = second ? stores.toReversed() : stores;
        if (!one || !other) throw new Error("There are two processes.");
        await step({ ...world, history: one, fresh });
        const seen = (await other.read("t")).map(({ id, value }) => ({ id, value }));
        expect(seen).toEqual(world.list);
        expect(await one.count("t")).toBe(world.list.length);
      }
    }),
    { numRuns: 300 },
  );
});
