import assert from "node:assert/strict";
import { type StoreCase, storeCase } from "./bench.ts";

const changes = [{ path: ["m"], set: true }] as const;

/** Ids of callers that come to mean another checkpoint, and operations that name one. */
export const storedOwnIds: readonly StoreCase[] = [
  storeCase(
    "own-ids-given-anew",
    "an id that another process has given to another checkpoint means that one at once, for every verb",
    async ({ here, there }) => {
      const one = here().checkpoints;
      const two = there().checkpoints;
      const anew = async (n: number): Promise<void> => {
        await one.put("t", { n }, { id: "a" });
        await two.delete("t", "a");
        await two.put("t", { n: n + 1 }, { id: "a" });
      };
      await anew(1);
      assert.deepEqual(await one.get("t", "a"), { n: 2 });
      await one.attach("t", "a", "k", 7);
      assert.deepEqual(await two.attachments("t", "a"), [{ key: "k", value: 7 }]);
      await one.delete("t", "a");
      assert.equal(await two.get("t", "a"), null);
      await anew(3);
      await one.append("t", { parentId: "a", changes, branch: true });
      assert.deepEqual(await two.get("t"), { n: 4, m: true });
      await two.delete("t", "a");
      await anew(5);
      await one.put("t", { n: 7 }, { parentId: "a" });
      assert.equal((await two.record("t"))?.parentId, "a");
    },
  ),
  storeCase(
    "deletion-replayed",
    "a deletion that is tried again under its operation leaves a checkpoint that was given the same id since",
    async ({ here, there }) => {
      await here().checkpoints.put("t", { n: 1 }, { id: "a" });
      await here().checkpoints.delete("t", "a", { operationId: "op" });
      await there().checkpoints.put("t", { n: 2 }, { id: "a" });
      await there().checkpoints.put("t", { n: 3 }, { id: "b" });
      await here().checkpoints.delete("t", "a", { operationId: "op" });
      assert.deepEqual(await there().checkpoints.get("t", "a"), { n: 2 });
      await here().checkpoints.delete("t", "b", { operationId: "op" });
      assert.deepEqual(await there().checkpoints.get("t"), { n: 2 });
      await here().checkpoints.delete("t", "none yet", { operationId: "op" });
      await there().checkpoints.put("t", { n: 4 }, { id: "none yet" });
      await here().checkpoints.delete("t", "none yet", { operationId: "op" });
      assert.deepEqual(await there().checkpoints.get("t"), { n: 4 });
    },
  ),
  storeCase(
    "attachments-of-one-operation",
    "what one operation attaches to two checkpoints under one key stands beside both",
    async ({ here, there }) => {
      const { checkpoints } = here();
      const ids = [await checkpoints.put("t", { n: 1 }), await checkpoints.put("t", { n: 2 })];
      for (const [index, id] of ids.entries())
        await checkpoints.attach("t", id, "k", index, { operationId: "op" });
      for (const [index, id] of ids.entries())
        assert.deepEqual(await there().checkpoints.attachments("t", id), [
          { key: "k", value: index },
        ]);
    },
  ),
];
