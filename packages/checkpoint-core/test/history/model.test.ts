import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createStore, memoryBackend } from "../../src/index.ts";

test("equals a plain list under random verbs from two processes", async () => {
  const id = fc.integer({ min: 0, max: 9 }).map(String);
  const verb = fc.oneof(
    fc.record({
      verb: fc.constant("append" as const),
      ids: fc.uniqueArray(id, { maxLength: 3 }),
    }),
    fc.record({
      verb: fc.constant("upsert" as const),
      ids: fc.uniqueArray(id, { maxLength: 3 }),
    }),
    fc.record({
      verb: fc.constant("replace" as const),
      at: fc.nat(9),
      size: fc.nat(4),
      length: fc.nat(4),
    }),
    fc.record({ verb: fc.constant("clear" as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(verb, fc.boolean()), { maxLength: 25 }), async (steps) => {
      const backend = memoryBackend();
      const stores = [createStore({ backend }), createStore({ backend })] as const;
      let model: { id: string; value: unknown }[] = [];
      let fresh = 0;
      for (const [step, second] of steps) {
        const { history } = stores[second ? 1 : 0];
        fresh += 1;
        if (step.verb === "clear") {
          await history.clear("t");
          model = [];
        } else if (step.verb === "replace") {
          const found = await history.read("t");
          const from = found[step.at];
          const to = found[Math.min(step.at + step.size, found.length - 1)];
          if (!from || !to) continue;
          const expected = Math.min(step.size + 1, found.length - step.at);
          const added = Array.from({ length: step.length }, (_, n) => ({
            id: `${fresh}r${n}`,
            value: fresh,
          }));
          await history.replace("t", { from: from.cursor, to: to.cursor }, added, { expected });
          model.splice(step.at, expected, ...added);
        } else {
          const added = step.ids.map((name) => ({ id: name, value: fresh }));
          await history[step.verb]("t", added);
          for (const entry of added) {
            const place = model.findIndex((there) => there.id === entry.id);
            if (place < 0) model.push(entry);
            else if (step.verb === "upsert") model[place] = entry;
          }
        }
        const seen = (await history.read("t")).map((entry) => ({
          id: entry.id,
          value: entry.value,
        }));
        expect(seen).toEqual(model);
        expect(await history.count("t")).toBe(model.length);
      }
    }),
    { numRuns: 150 },
  );
});
