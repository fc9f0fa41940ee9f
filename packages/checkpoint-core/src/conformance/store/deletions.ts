import assert from "node:assert/strict";
import type { Store } from "../../store/contract.ts";
import type { Lease } from "../../store/lease/lease.ts";
import { refused } from "../history/store.ts";
import { empty, fill, finished, LATER, MOST_CALLS } from "./aThread.ts";
import { asks, leaseOf, type StoreCase, storeCase } from "./bench.ts";
import { atEachCall, cutOff } from "./cutOff.ts";

const ann = { user: "ann" };
const bob = { user: "bob" };
/** Threads that end, and what comes after. */
export const storedDeletions: readonly StoreCase[] = [
  storeCase(
    "delete-is-all",
    "a deleted thread is not there in any way, and silent when it is deleted again",
    async ({ here, there }) => {
      const store = here({ scope: ann });
      await fill(store, "t");
      await store.threads.delete("t");
      await empty(there({ scope: ann }), "t");
      await there({ scope: ann }).threads.delete("t");
      await here().threads.delete("never was");
      await empty(there(), "never was");
    },
  ),
  storeCase(
    "delete-late-writers",
    "whatever is written to a deleted thread is DELETED, from a process that knew it and from one that did not",
    async ({ here, there }) => {
      for (const scope of [ann, {}]) {
        const id = `t of ${JSON.stringify(scope)}`;
        const warm = here({ scope });
        const lease = await fill(warm, id);
        await there({ scope }).threads.delete(id);
        for (const store of [warm, here({ scope })])
          for (const [name, write] of Object.entries(lateWrites(id, lease)))
            await refused(write(store), "DELETED", name);
        assert.equal(
          (await warm.runs.begin(id, asks("late", "E9"))).status,
          "ended",
          "a late begin",
        );
        await empty(there({ scope }), id);
      }
    },
  ),
  storeCase(
    "delete-of-anothers",
    "another user's thread is FORBIDDEN to delete, and stays",
    async ({ here }) => {
      await fill(here({ scope: ann }), "t");
      const { threads } = here({ scope: bob });
      await refused(threads.delete("t"), "FORBIDDEN", "bob");
      await refused(threads.delete("t", { operationId: "op" }), "FORBIDDEN", "bob");
      assert.equal((await here({ scope: ann }).threads.get("t"))?.messageCount, 2);
      await here({ scope: { tenant: "other" } }).threads.delete("t");
      assert.equal((await here({ scope: ann }).threads.list()).threads.length, 1);
    },
  ),
  storeCase(
    "delete-of-a-life",
    "a deletion that means a life ends no other one",
    async ({ here, there }) => {
      const first = await here().threads.create("t");
      await there().threads.delete("t", { life: first.life + 1 });
      assert.equal((await here().threads.get("t"))?.life, first.life, "one that is to come");
      await there().threads.delete("t", { life: first.life });
      assert.equal(await here().threads.get("t"), undefined);
      const second = await here().threads.create("t");
      for (const store of [here(), there()])
        await store.threads.delete("t", { life: first.life, operationId: "late" });
      assert.equal((await there().threads.get("t"))?.life, second.life, "a later one");
    },
  ),
  storeCase(
    "delete-then-create",
    "a new life shows nothing of the old one, and what is left of that fails in it",
    async ({ here, there }) => {
      const warm = here({ scope: ann });
      const lease = await fill(warm, "t");
      const [approval] = await warm.approvals.pending("t");
      const head = await warm.checkpoints.record("t");
      await there({ scope: ann }).threads.delete("t");
      const born = await there({ scope: ann }).threads.create("t", { title: "new" });
      assert.ok(born.life > lease.life);
      assert.deepEqual(
        { count: born.messageCount, title: born.title, metadata: born.metadata },
        { count: 0, title: "new", metadata: undefined },
      );
      assert.equal(await warm.checkpoints.get("t"), null);
      assert.deepEqual(await warm.history.read("t"), []);
      assert.deepEqual(await warm.approvals.pending("t"), []);
      assert.equal(await warm.runs.get(lease.runId), undefined);
      await refused(warm.runs.pulse(lease, { ms: 5 }), "DELETED", "the old lease");
      const put = warm.checkpoints.put("t", { n: 2 }, { expectedHead: head?.id ?? "" });
      await refused(put, "CONFLICT", "the old head");
      const decide = warm.approvals.decide(
        "t",
        { approvalId: approval?.id ?? "" },
        { kind: "approve" },
      );
      await refused(decide, "DELETED", "the old approval");
      const ids = (await there().threads.list()).threads.map(({ id, life }) => [id, life]);
      assert.deepEqual(ids, [["t", born.life]]);
      leaseOf(await warm.runs.begin("t", asks(lease.runId, "E1")));
      assert.equal((await there().runs.get(lease.runId))?.threadId, "t");
    },
  ),
  storeCase(
    "delete-retry-spares-a-new-life",
    "a deletion that is tried again ends no life that began after it, nor one that began after it found none",
    async ({ here, there }) => {
      const { threads } = here();
      await threads.create("t");
      await threads.delete("t", { operationId: "op" });
      await threads.delete("none", { operationId: "op" });
      const born = await threads.create("t");
      await threads.create("none");
      for (const id of ["t", "none"]) await there().threads.delete(id, { operationId: "op" });
      assert.deepEqual(await there().threads.get("t"), born);
      assert.notEqual(await there().threads.get("none"), undefined);
      await there().threads.delete("t", { operationId: "another" });
      assert.equal(await threads.get("t"), undefined);
    },
  ),
  storeCase(
    "delete-cut-short",
    "a deletion that is cut short after any call is finished by its retry, or by maintain, and a new life is whole",
    async ({ here, there }) => {
      for (let calls = 0; calls < MOST_CALLS; calls += 1) {
        const id = `t${calls}`;
        const runId = (await fill(here(), id)).runId;
        const cut = here({ through: cutOff(calls) });
        const [deleted] = await Promise.allSettled([cut.threads.delete(id, { operationId: "op" })]);
        const begun =
          (await here()
            .threads.get(id)
            .catch(() => undefined)) === undefined;
        if (calls % 2) await there().threads.delete(id, { operationId: "op" });
        else if (begun) await finished(there({ at: LATER }));
        else await there().threads.delete(id);
        await empty(there({ at: LATER }), id);
        assert.equal(await there().runs.get(runId), undefined, `run after call ${calls}`);
        await here().threads.create(id);
        await finished(there({ at: LATER + 1 }));
        assert.notEqual(await there().threads.get(id), undefined, `life after call ${calls}`);
        await there().threads.delete(id);
        if (deleted.status === "fulfilled") return;
      }
      assert.fail(`A deletion makes more than ${MOST_CALLS} calls.`);
    },
  ),
  storeCase(
    "delete-that-stood-still",
    "a deletion that stands still before any call, while the thread is deleted and made again, ends no new life and none of its runs",
    async ({ here, there }) => {
      for (let call = 1; call < MOST_CALLS; call += 1) {
        const id = `t${call}`;
        const { runId } = await fill(here(), id);
        let life: number | undefined;
        const through = atEachCall(async (index) => {
          if (index !== call) return;
          await there().threads.delete(id);
          ({ life } = await fill(there(), id));
        });
        await here({ through }).threads.delete(id, { operationId: "op" });
        if (life === undefined) return;
        await finished(there({ at: LATER }));
        assert.equal((await there().threads.get(id))?.life, life, `call ${call}`);
        assert.equal((await there().runs.get(runId))?.threadId, id, `run, call ${call}`);
        const { threads } = await there().threads.list({ limit: 200 });
        assert.ok(
          threads.some((thread) => thread.id === id),
          `list, call ${call}`,
        );
        await there().threads.delete(id);
      }
      assert.fail(`A deletion makes more than ${MOST_CALLS} calls.`);
    },
  ),
];

function lateWrites(id: string, lease: Lease): Record<string, (store: Store) => Promise<unknown>> {
  const entries = [{ id: "late", value: 1 }];
  return {
    append: ({ history }) => history.append(id, entries),
    upsert: ({ history }) => history.upsert(id, entries),
    put: ({ checkpoints }) => checkpoints.put(id, { late: true }),
    commit: (store) => store.commit(id, { history: entries }, { operationId: "late" }),
    "held commit": (store) => store.commit(id, { history: entries }, { operationId: "l", lease }),
    start: ({ runs }) => runs.start(id, { runId: "late" }),
    pulse: ({ runs }) => runs.pulse(lease, { ms: 5 }),
  };
}
