import assert from "node:assert/strict";
import { isStorageError } from "../../errors.ts";
import type { Store } from "../../store/contract.ts";
import { refused } from "../history/store.ts";
import { crashing, type StoreCase, storeCase } from "./bench.ts";

/** Forks: a checkpoint in a thread of its own, with the history up to it. */
export const storedForks: readonly StoreCase[] = [
  storeCase(
    "fork",
    "a fork holds the checkpoint, what is kept beside it and the history up to it, and goes its own way",
    async ({ here, there }) => {
      const id = await forkable(here(), 5);
      const forked = await here().checkpoints.fork("t", id, "u", { operationId: "op" });
      assert.equal(await there().checkpoints.fork("t", id, "u", { operationId: "op" }), forked);
      assert.deepEqual(await valuesOf(there(), "u"), [0, 1, 2, 3, 4]);
      assert.deepEqual(await there().checkpoints.get("u"), { n: 1 });
      const record = await there().checkpoints.record("u", forked);
      assert.deepEqual(record?.forkedFrom, { threadId: "t", checkpointId: id });
      const beside = await there().checkpoints.attachments("u", forked);
      assert.deepEqual(beside, [{ key: "k", value: 1 }]);
      await there().checkpoints.put("u", { n: 9 });
      await there().history.append("u", [{ id: "own", value: "own" }]);
      assert.deepEqual(await here().checkpoints.get("t"), { n: 2 });
      assert.equal(await here().history.count("t"), 7);
    },
  ),
  storeCase(
    "fork-into-its-own",
    "a fork into a thread that has checkpoints or a history conflicts, and changes nothing there",
    async ({ here, there }) => {
      const id = await forkable(here(), 2);
      await there().checkpoints.put("has", { n: 7 });
      await there().history.append("talks", [{ id: "own", value: "own" }]);
      await refused(here().checkpoints.fork("t", id, "has"), "CONFLICT", "with checkpoints");
      await refused(here().checkpoints.fork("t", id, "talks"), "CONFLICT", "with a history");
      assert.deepEqual(await here().checkpoints.get("has"), { n: 7 });
      assert.deepEqual(await valuesOf(here(), "talks"), ["own"]);
      assert.equal(await here().checkpoints.get("talks"), null);
    },
  ),
  storeCase(
    "fork-owner",
    "another user's checkpoint is not forked, nor one into another user's thread",
    async ({ here, there }) => {
      const ada = here({ scope: { user: "ada" } });
      const eve = there({ scope: { user: "eve" } });
      const id = await forkable(ada, 2);
      await refused(eve.checkpoints.fork("t", id, "u"), "FORBIDDEN", "another's checkpoint");
      assert.equal(await here().threads.get("u"), undefined);
      await eve.threads.create("theirs");
      await refused(ada.checkpoints.fork("t", id, "theirs"), "FORBIDDEN", "another's thread");
      await ada.checkpoints.fork("t", id, "u");
      await refused(eve.checkpoints.get("u"), "FORBIDDEN", "the fork");
    },
  ),
  storeCase(
    "fork-cut-short",
    "a fork cut short at any call shows nothing of its copy, and the same call ends it",
    async ({ here, there }) => {
      const id = await forkable(here(), 110);
      const all = Array.from({ length: 110 }, (_, index) => index);
      for (let calls = 0, cut = true; cut; calls += 3) {
        const thread = `u${calls}`;
        const unlucky = here({ through: crashing(calls) });
        cut = await isCut(unlucky.checkpoints.fork("t", id, thread));
        if (cut && (await there().checkpoints.get(thread)) === null)
          assert.deepEqual(await valuesOf(there(), thread), [], `after ${calls} calls`);
        await there().checkpoints.fork("t", id, thread);
        assert.deepEqual(await valuesOf(here(), thread), all, `after ${calls} calls`);
        assert.deepEqual(await here().checkpoints.get(thread), { n: 1 });
        assert.equal((await here().checkpoints.list(thread)).length, 1);
      }
    },
  ),
];

function entries(first: number, length: number): { id: string; value: number }[] {
  return Array.from({ length }, (_, index) => ({ id: `e${first + index}`, value: first + index }));
}

/** A thread `t` whose checkpoint, answered here, stands behind so many entries, with more of both after it. */
async function forkable({ checkpoints, history }: Store, count: number): Promise<string> {
  for (let first = 0; first < count; first += 20)
    await history.append("t", entries(first, Math.min(20, count - first)));
  const id = await checkpoints.put("t", { n: 1 });
  await checkpoints.attach("t", id, "k", 1);
  await history.append("t", entries(count, 2));
  await checkpoints.put("t", { n: 2 });
  return id;
}

async function valuesOf({ history }: Store, threadId: string): Promise<unknown[]> {
  return (await history.read(threadId)).map(({ value }) => value);
}

/** False for a call that succeeded; one that crashed says that it can be tried again. */
async function isCut(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return false;
  } catch (error) {
    assert.ok(isStorageError(error) && error.retryable, `it failed with ${String(error)}`);
    return true;
  }
}
