import assert from "node:assert/strict";
import { empty, fill, finished, LATER, MOST_CALLS, remember, remembered } from "./aThread.ts";
import { type StoreCase, storeCase } from "./bench.ts";
import { cutOff } from "./cutOff.ts";

const ann = { user: "ann" };

/** Scopes that are erased, and what comes after. */
export const storedErasures: readonly StoreCase[] = [
  storeCase(
    "erase-is-of-the-scope",
    "an erasure takes all of its scope and nothing of another",
    async ({ here, there }) => {
      const scopes = [
        { tenant: "a", user: "ann" },
        { tenant: "a", user: "bob" },
        { tenant: "a" },
        { tenant: "b", user: "ann" },
        {},
      ];
      for (const [index, scope] of scopes.entries()) {
        const store = here({ scope });
        for (const id of ["x", "y"]) await fill(store, `${id}${index}`);
        await remember(store, `memory of ${index}`);
      }
      const left = async (): Promise<readonly number[]> => {
        const counts = [];
        for (const [index, scope] of scopes.entries()) {
          const store = there({ scope });
          const threads = (await store.threads.list()).threads.filter(({ id }) =>
            id.endsWith(String(index)),
          );
          counts.push(threads.length + (await remembered(store)));
        }
        return counts;
      };
      assert.deepEqual(await left(), [3, 3, 3, 3, 3]);
      await here({ scope: { tenant: "a", user: "ann" } }).erase({ operationId: "op" });
      assert.deepEqual(await left(), [0, 3, 3, 3, 3]);
      await here().erase({ operationId: "op" });
      assert.deepEqual(await left(), [0, 3, 3, 3, 0]);
      await there({ scope: { tenant: "a" } }).erase({ operationId: "op" });
      assert.deepEqual(await left(), [0, 0, 0, 3, 0]);
      for (const id of ["x1", "y2"]) await empty(there({ scope: { tenant: "a" } }), id);
    },
  ),
  storeCase(
    "erase-once",
    "an erasure that is tried again takes nothing that came after it",
    async ({ here, there }) => {
      const hers = here({ scope: ann });
      await hers.threads.create("t");
      await remember(hers, "old");
      await hers.erase({ operationId: "op" });
      await hers.threads.create("t");
      await remember(hers, "new");
      await there({ scope: ann }).erase({ operationId: "op" });
      assert.notEqual(await there({ scope: ann }).threads.get("t"), undefined);
      assert.equal(await remembered(there({ scope: ann })), 1);
      await there({ scope: ann }).erase({ operationId: "another" });
      assert.equal(await hers.threads.get("t"), undefined);
      assert.equal(await remembered(hers), 0);
    },
  ),
  storeCase(
    "erase-cut-short",
    "an erasure that is cut short after any call is finished by its retry, or by maintain",
    async ({ here, there }) => {
      for (let calls = 0; calls < MOST_CALLS; calls += 3) {
        const scope = { tenant: `a${calls}`, user: "ann" };
        await fill(here({ scope }), "t");
        await remember(here({ scope }), "hers");
        const cut = here({ scope, through: cutOff(calls) });
        const [erased] = await Promise.allSettled([cut.erase({ operationId: "op" })]);
        if (calls % 2) await there({ scope }).erase({ operationId: "op" });
        else {
          await finished(there({ at: LATER }));
          const threads = await there({ scope }).threads.list();
          if (threads.threads.length > 0) await there({ scope }).erase({ operationId: "op" });
        }
        await empty(there({ scope, at: LATER }), "t");
        assert.equal(await remembered(there({ scope })), 0, `call ${calls}`);
        if (erased.status === "fulfilled") return;
      }
      assert.fail(`An erasure makes more than ${MOST_CALLS} calls.`);
    },
  ),
  storeCase(
    "erase-keeps-anothers-life",
    "an erasure leaves what another user has under an id that was deleted",
    async ({ here, there }) => {
      const within = { kind: "thread", threadId: "t" } as const;
      const [hers, his] = [here({ scope: ann }), there({ scope: { user: "bob" } })];
      await hers.memory.write(within, [{ id: "m", text: "hers" }]);
      await hers.threads.delete("t");
      await his.threads.create("t");
      await his.memory.write(within, [{ id: "m", text: "his" }]);
      await hers.erase({ operationId: "op" });
      const { memories, complete } = await his.memory.search(within, "his hers");
      assert.deepEqual(
        { texts: memories.map(({ memory }) => memory.text), complete },
        { texts: ["his"], complete: true },
      );
      await his.erase({ operationId: "op" });
      assert.equal(await his.threads.get("t"), undefined);
    },
  ),
  storeCase(
    "maintain-little-by-little",
    "what was cut short is finished in calls of a millisecond each, which say whether there is more",
    async ({ here, there }) => {
      const users = ["a", "b", "c", "d", "e"];
      for (const user of users) {
        await remember(here({ scope: { user } }), "old");
        await here({ scope: { user } }).threads.create(`thread of ${user}`);
        const cut = here({ scope: { user }, through: cutOff(4) });
        await assert.rejects(cut.erase({ operationId: "op" }));
      }
      const later = there({ at: LATER });
      for (let calls = 0, more = true; more; calls += 1) {
        assert.ok(calls < 500, "It never ends.");
        const report = await later.maintain({ ms: 1 });
        assert.deepEqual(report.failed, []);
        more = report.more;
      }
      for (const user of users) {
        assert.equal(await remembered(there({ scope: { user } })), 0);
        await empty(there({ scope: { user } }), `thread of ${user}`);
      }
    },
  ),
];
