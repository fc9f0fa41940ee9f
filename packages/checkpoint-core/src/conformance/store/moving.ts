import assert from "node:assert/strict";
import { memoryBackend } from "../../backend/memory.ts";
import type { Store } from "../../store/contract.ts";
import { copyStore } from "../../store/moving/copy.ts";
import { createStore } from "../../store/store.ts";
import { asks, leaseOf, type StoreCase, storeCase, THEN } from "./bench.ts";

/** More than a copy writes at once, appended in calls that any engine takes. */
const MANY = 700;
const AT_ONCE = 20;

/** Moving to another engine and back. */
export const storedCopies: readonly StoreCase[] = [
  storeCase(
    "copied-out-and-read-back",
    "what is copied to another engine is what this one holds: the same digest, the same answers, a suspended run that goes on",
    async ({ there }) => {
      const from = there();
      const values = Array.from({ length: MANY }, (_, index) => ({
        id: `${index}`,
        value: { index },
      }));
      for (let at = 0; at < MANY; at += AT_ONCE)
        await from.history.append("t", values.slice(at, at + AT_ONCE));
      const head = await from.checkpoints.put("t", { step: 1 });
      await from.checkpoints.append("t", { parentId: head, changes: [{ path: ["step"], set: 2 }] });
      const lease = leaseOf(await from.runs.begin("runs", asks("r", "E")));
      const settle = { status: "suspended", turn: 1, approvals: [] } as const;
      await from.commit("runs", { checkpoint: { state: 1 }, settle }, { operationId: "s", lease });
      await from.memory.write({ kind: "user" }, [{ id: "m", text: "a memory" }]);
      const to = createStore({ backend: memoryBackend(), now: () => THEN });
      const report = await copyStore(from, to);
      const again = await copyStore(from, to);
      assert.equal(again.digest, report.digest);
      assert.equal(report.threads, 2);
      assert.deepEqual(await entriesOf(to), await entriesOf(from));
      assert.deepEqual(await to.checkpoints.list("t"), await from.checkpoints.list("t"));
      assert.deepEqual(await to.checkpoints.get("t"), { step: 2 });
      assert.equal((await to.memory.get({ kind: "user" }, "m"))?.text, "a memory");
      assert.equal((await to.runs.claim("runs", asks("r", "F"))).status, "leased");
    },
  ),
  storeCase(
    "copied-in",
    "what is copied here from another engine reads as it did there, and can be written on",
    async ({ here }) => {
      const from = createStore({ backend: memoryBackend(), now: () => THEN });
      await from.history.append("t", [{ id: "a", value: "a" }]);
      await from.threads.delete("t");
      await from.threads.create("t", { title: "Again" });
      await from.history.append("t", [{ id: "b", value: "b" }]);
      const head = await from.checkpoints.put("t", { list: [1] });
      const to = here();
      const report = await copyStore(from, to);
      assert.deepEqual(
        { threads: report.threads, renewed: report.renewed },
        { threads: 1, renewed: [] },
      );
      assert.deepEqual(await to.threads.get("t"), await from.threads.get("t"));
      await to.checkpoints.append("t", {
        parentId: head,
        changes: [{ path: ["list"], append: [2] }],
      });
      assert.deepEqual(await to.checkpoints.get("t"), { list: [1, 2] });
      await to.history.append("t", [{ id: "c", value: "c" }]);
      assert.deepEqual(
        (await to.history.read("t")).map(({ value }) => value),
        ["b", "c"],
      );
    },
  ),
];

/** The entries of a thread, but for which write of their store they come from. */
async function entriesOf({ history }: Store): Promise<readonly unknown[]> {
  const entries = await history.read("t");
  return entries.map(({ id, value, createdAt, cursor }) => [id, value, createdAt, cursor]);
}
