import assert from "node:assert/strict";
import { asks, leaseOf, type StoreCase, storeCase } from "./bench.ts";

/** What is kept of one thread: each part of it reads its own. */
export const storedNeighbours: readonly StoreCase[] = [
  storeCase(
    "neighbours",
    "in a thread that has something of everything, each list shows its own and nothing of the others",
    async ({ here, there }) => {
      const store = here();
      const message = { id: "m", value: "hello" };
      const lease = leaseOf(await store.runs.begin("t", asks("r", "E1", { message })));
      const calls = [{ id: "c1", name: "refund", input: {} }];
      const answer = { message: { role: "assistant", content: "", toolCalls: calls } } as const;
      await store.commit(
        "t",
        { answer: { turn: 1, value: answer }, checkpoint: { state: { step: 1 } } },
        { operationId: "E1:m", lease },
      );
      for (const key of ["a", "zz", "~", "/"]) await store.effects.once("t", key, () => key);
      await store.effects.once("t", "cut", () => Promise.reject(new Error("Cut."))).catch(() => 0);
      const requests = [{ callId: "c1", tool: "refund", input: {} }];
      await store.approvals.request(lease, 1, requests, { operationId: "ask" });
      const [head] = await store.checkpoints.list("t");
      await store.checkpoints.attach("t", head?.id ?? "", "note", 1);
      await store.memory.write({ kind: "thread", threadId: "t" }, [{ id: "n", text: "noted" }]);
      await store.streams.append("s", ["x"], { threadId: "t" });
      for (const each of [store, there()]) {
        const entries = await each.history.read("t");
        assert.deepEqual(
          entries.map(({ id, value }) => ({ id, value })),
          [message],
        );
        assert.deepEqual(await each.history.read("t", { limit: 1 }), entries);
        assert.equal(await each.history.count("t"), 1);
        assert.equal((await each.checkpoints.list("t")).length, 1);
        assert.deepEqual(await each.checkpoints.get("t"), { step: 1 });
        assert.deepEqual(
          (await each.effects.unrecorded("t")).map(({ key }) => key),
          ["cut"],
        );
        assert.deepEqual(
          (await each.approvals.pending("t")).map(({ callId }) => callId),
          ["c1"],
        );
        const { memories } = await each.memory.list({ kind: "thread", threadId: "t" });
        assert.deepEqual(
          memories.map(({ id }) => id),
          ["n"],
        );
      }
    },
  ),
];
