import assert from "node:assert/strict";
import type { Store } from "../../store/contract.ts";
import type { Lease } from "../../store/lease.ts";
import { refused } from "../history/store.ts";
import { asks, leaseOf, type StoreCase, storeCase, THEN } from "./bench.ts";
import { atEachCall, cutOff } from "./cutOff.ts";

const ann = { user: "ann" };
const bob = { user: "bob" };
/** When `maintain` finds what was cut short. */
const LATER = THEN + 5 * 60_000;
/** More than a deletion or an erasure here makes of the backend. */
const MOST_CALLS = 200;

/** Threads that end, scopes that are erased, and what comes after. */
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
];

/** A thread of which there is everything: history, checkpoints, a run that waits for a person. */
async function fill(store: Store, id: string): Promise<Lease> {
  await store.threads.create(id, { title: id, metadata: { id } });
  const entries = ["a", "b"].map((entry) => ({ id: entry, value: entry }));
  await store.history.append(id, entries);
  const runId = `run of ${id} of ${JSON.stringify(store.scope)}`;
  const lease = leaseOf(await store.runs.begin(id, asks(runId, "E1", { input: id })));
  const call = { id: "c1", name: "refund", input: id };
  const message = { role: "assistant", content: id, toolCalls: [call] } as const;
  await store.commit(id, { answer: { turn: 1, value: { message } } }, { operationId: "m", lease });
  const approvals = [{ callId: call.id, tool: call.name, input: call.input }];
  const settle = { status: "suspended", turn: 1, approvals } as const;
  await store.commit(id, { checkpoint: { state: { id } }, settle }, { operationId: "s", lease });
  return lease;
}

/** Nothing of the thread is there, whoever asks in the scope. */
async function empty(store: Store, id: string): Promise<void> {
  assert.equal(await store.threads.get(id), undefined);
  assert.equal(await store.checkpoints.get(id), null);
  assert.deepEqual(await store.checkpoints.list(id), []);
  assert.deepEqual(await store.history.read(id), []);
  assert.deepEqual(await store.approvals.pending(id), []);
  assert.equal(await store.runs.holding(id), undefined);
  const { threads } = await store.threads.list({ limit: 200 });
  assert.ok(!threads.some((thread) => thread.id === id));
}

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

async function finished(store: Store): Promise<void> {
  const { failed } = await store.maintain({ ms: 60_000 });
  assert.deepEqual(failed, []);
}

async function remember({ memory }: Store, text: string): Promise<void> {
  await memory.write({ kind: "user" }, [{ id: "m", text }]);
}

async function remembered({ memory }: Store): Promise<number> {
  return (await memory.list({ kind: "user" })).memories.length;
}
