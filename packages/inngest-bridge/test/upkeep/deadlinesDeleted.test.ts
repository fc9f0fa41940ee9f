import { createStore, memoryBackend, type Store, StorageError } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { calls, createWorld, recorder, turns } from "../bridge/world.ts";

/** A store whose threads are deleted only in part, as by a process that dies in the midst of it, and how that is set off: behind the next approval that expires. */
function cutShortBehindExpiry(): { readonly store: Store; readonly deletions: () => number } {
  const engine = memoryBackend();
  let deletions = 0;
  let isEnding = false;
  const backend: typeof engine = {
    ...engine,
    async write(partition, batch) {
      if (isEnding) throw new StorageError("UNAVAILABLE", "The engine cannot be reached.");
      const written = await engine.write(partition, batch);
      isEnding = deletions > 0 && batch.writes.some((one) => "key" in one && one.key === "life");
      return written;
    },
  };
  const right = createStore({ backend });
  const store: Store = {
    ...right,
    approvals: {
      ...right.approvals,
      async expire(threadId, approvalId, options) {
        const expired = await right.approvals.expire(threadId, approvalId, options);
        deletions += 1;
        await right.threads.delete(threadId).catch(() => undefined);
        return expired;
      },
    },
  };
  return { store, deletions: () => deletions };
}

test("the deadline of an approval whose thread is being deleted when it has expired is over, and no failure", async () => {
  const { store, deletions } = cutShortBehindExpiry();
  const refund = recorder(() => "refunded", { requiresApproval: true });
  const world = await createWorld({
    store,
    tools: { refund },
    model: turns(calls(["r", "refund", {}])),
    agent: { approvalTtlMs: 1, upkeep: false },
  });
  await world.send({ threadId: "t", runId: "r", prompt: "refund" }, "e1");
  await world.server.settle({ advance: true });
  const due = world.server.runs().filter(({ functionId }) => functionId.endsWith(":due"));
  expect(deletions()).toBe(1);
  expect(due.map(({ status }) => status)).toEqual(["Completed"]);
  expect(refund.seen).toEqual([]);
});
