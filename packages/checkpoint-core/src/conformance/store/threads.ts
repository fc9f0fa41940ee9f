import assert from "node:assert/strict";
import type { Store } from "../../store/contract.ts";
import { refused } from "../history/store.ts";
import { losing, type StoreCase, storeCase, THEN, unreachable } from "./bench.ts";

/** Threads and what belongs to them: scopes, owners, failures, commits. */
export const storedThreads: readonly StoreCase[] = [
  storeCase(
    "one-creation",
    "of creations at once, from two processes, one counts, and all answer it",
    async ({ here, there }) => {
      const threads = await Promise.all(
        Array.from({ length: 16 }, (_, index) =>
          (index % 2 ? there : here)().threads.create("t", { title: `title ${index}` }),
        ),
      );
      for (const thread of threads) assert.deepEqual(thread, threads[0]);
      assert.deepEqual(await there().threads.get("t"), threads[0]);
    },
  ),
  storeCase(
    "tenants-apart",
    "a tenant's thread is not there for another tenant, nor for none, whatever the names",
    async ({ here }) => {
      const scopes = [{ tenant: "a" }, { tenant: "a:b" }, { tenant: "A" }, {}, { tenant: "-" }];
      for (const scope of scopes) {
        const { checkpoints, history, threads } = here({ scope });
        assert.equal(await checkpoints.get("t"), null);
        assert.deepEqual(await history.read("t"), []);
        assert.equal(await threads.get("t"), undefined);
        await checkpoints.put("t", scope);
        await history.append("t", [{ id: "e", value: scope }]);
      }
      for (const scope of scopes) {
        assert.deepEqual(await here({ scope }).checkpoints.get("t"), scope);
        assert.equal(await here({ scope }).history.count("t"), 1);
      }
    },
  ),
  storeCase(
    "users-apart",
    "a user's thread is FORBIDDEN to another of the tenant, to read and to write",
    async ({ here, there }) => {
      const ann = here({ scope: { tenant: "a", user: "ann" } });
      await ann.checkpoints.put("t", { secret: 1 });
      const bob = there({ scope: { tenant: "a" } }).for({ user: "bob" });
      const calls: readonly ((store: Store) => Promise<unknown>)[] = [
        ({ checkpoints }) => checkpoints.get("t"),
        ({ checkpoints }) => checkpoints.list("t"),
        ({ checkpoints }) => checkpoints.put("t", { mine: 1 }),
        ({ checkpoints }) => checkpoints.delete("t"),
        ({ history }) => history.read("t"),
        ({ history }) => history.append("t", [{ id: "e", value: 1 }]),
        ({ threads }) => threads.get("t"),
        ({ threads }) => threads.create("t"),
        (store) => store.commit("t", { checkpoint: { state: 1 } }, { operationId: "op" }),
      ];
      for (const call of calls) await refused(call(bob), "FORBIDDEN", String(call));
      assert.deepEqual(await ann.checkpoints.get("t"), { secret: 1 });
      assert.equal((await ann.checkpoints.list("t")).length, 1);
    },
  ),
  storeCase(
    "failure-is-no-answer",
    "an engine that does not answer is an error of every read, never an answer of none",
    async ({ here }) => {
      await here().checkpoints.put("t", { n: 1 });
      const { checkpoints, history, threads, runs, approvals } = here({ through: unreachable });
      const reads = {
        get: () => checkpoints.get("t"),
        record: () => checkpoints.record("t"),
        list: () => checkpoints.list("t"),
        read: () => history.read("t"),
        count: () => history.count("t"),
        thread: () => threads.get("t"),
        run: () => runs.get("r"),
        pending: () => approvals.pending("t"),
      };
      for (const [name, read] of Object.entries(reads)) await refused(read(), "UNAVAILABLE", name);
    },
  ),
  storeCase(
    "commit-is-one-write",
    "a commit's history and checkpoint are there together, or neither",
    async ({ here, there }) => {
      const store = here();
      await store.checkpoints.put("t", { n: 1 });
      const history = [{ id: "e", value: "said" }];
      const checkpoint = { state: { n: 2 } };
      const refusals = [
        { history, checkpoint: { parentId: "unknown", changes: [{ path: ["n"], set: 3 }] } },
        { history: [...history, { id: "f", value: refused }], checkpoint },
        { history, checkpoint: { state: refused } },
      ];
      for (const [index, changes] of refusals.entries()) {
        const commit = store.commit("t", changes, { operationId: `op-${index}` });
        await assert.rejects(commit, `refusal ${index}`);
        assert.deepEqual(await there().history.read("t"), []);
        assert.equal(await there().history.count("t"), 0);
        assert.deepEqual(await there().checkpoints.get("t"), { n: 1 });
      }
      await store.commit("t", { history, checkpoint }, { operationId: "op" });
      assert.equal(await there().history.count("t"), 1);
      assert.deepEqual(await there().checkpoints.get("t"), { n: 2 });
    },
  ),
  storeCase(
    "commit-lost-acknowledgement",
    "a commit whose acknowledgement is lost is there once after its retry, which gets the first answer",
    async ({ here, there }) => {
      await here().threads.create("t");
      const changes = { history: [{ id: "e", value: "said" }], checkpoint: { state: { n: 1 } } };
      const unlucky = here({ through: losing(() => true) });
      await unlucky.commit("t", changes, { operationId: "op" }).catch(() => undefined);
      const first = await here().commit("t", changes, { operationId: "op" });
      const again = await there().commit(
        "t",
        { history: [{ id: "f", value: "other" }], checkpoint: { state: { n: 2 } } },
        { operationId: "op" },
      );
      assert.deepEqual(again, first);
      assert.equal(first.status === "committed" && first.replayed, true);
      assert.deepEqual(await there().checkpoints.get("t"), { n: 1 });
      assert.equal((await there().checkpoints.list("t")).length, 1);
      assert.equal(await there().history.count("t"), 1);
    },
  ),
  storeCase(
    "history-lost-acknowledgement",
    "an append whose acknowledgement is lost, whichever write's it is, is there once after its retry",
    async ({ here, there }) => {
      for (let lost = 0; lost < 8; lost += 1) {
        const thread = `t${lost}`;
        const unlucky = here({ at: THEN, through: losing((index) => index === lost) }).history;
        const entries = [{ value: "a" }, { value: "b" }];
        await unlucky.append(thread, [{ id: "first", value: "first" }]).catch(() => undefined);
        await unlucky.append(thread, entries, { operationId: "op" }).catch(() => undefined);
        await there().history.append(thread, [{ id: "first", value: "first" }]);
        await there().history.append(thread, entries, { operationId: "op" });
        const values = (await here().history.read(thread)).map(({ value }) => String(value));
        assert.deepEqual(values.toSorted(), ["a", "b", "first"], `write ${lost} lost`);
        assert.equal(await here().history.count(thread), 3);
      }
    },
  ),
];
