import assert from "node:assert/strict";
import { isStorageError } from "../../errors.ts";
import { badClocks } from "../clock.ts";
import { refused } from "../history/store.ts";
import { losing, type StoreCase, storeCase, THEN } from "./bench.ts";

/** Checkpoints beyond the four methods: lost acknowledgements, compare-and-set, changes, scopes, clocks. */
export const storedCheckpoints: readonly StoreCase[] = [
  storeCase(
    "put-lost-acknowledgement",
    "a put whose acknowledgement is lost, whichever write's it is, is there once after its retry",
    async ({ here, there }) => {
      for (const lost of [0, 1, 2]) {
        const thread = `t${lost}`;
        await here().checkpoints.put(thread, { n: 0 });
        const unlucky = here({ through: losing((index) => index === lost) });
        await settledOrRetryable(unlucky.checkpoints.put(thread, { n: 1 }, { operationId: "op" }));
        const id = await there().checkpoints.put(thread, { n: 1 }, { operationId: "op" });
        const listed = await there().checkpoints.list(thread);
        assert.deepEqual([listed.length, listed[0]?.id], [2, id], `write ${lost} lost`);
        assert.deepEqual(await here().checkpoints.get(thread), { n: 1 });
      }
    },
  ),
  storeCase(
    "head-race",
    "of 64 puts that expect one head exactly one is written, the others conflict, from two processes",
    async ({ here, there }) => {
      const [one, other] = [here().checkpoints, there().checkpoints];
      let head: string | null = null;
      for (let round = 0; round < 5; round += 1) {
        const expectedHead: string | null = head;
        const puts: readonly PromiseSettledResult<string>[] = await Promise.allSettled(
          Array.from({ length: 64 }, (_, index) =>
            (index % 2 ? other : one).put("t", { round, index }, { expectedHead }),
          ),
        );
        const won = puts.flatMap((put) => (put.status === "fulfilled" ? [put.value] : []));
        assert.equal(won.length, 1, `winners of round ${round}`);
        for (const put of puts)
          if (put.status === "rejected")
            await refused(Promise.reject(put.reason as Error), "CONFLICT", "a put that lost");
        head = won[0] ?? null;
        assert.equal((await other.list("t")).length, round + 1);
        assert.equal((await one.record("t"))?.id, head);
      }
    },
  ),
  storeCase(
    "stale-head",
    "a put that expects a head that is not, or none where there is one, conflicts and writes nothing",
    async ({ here }) => {
      const { checkpoints } = here();
      const first = await checkpoints.put("t", { n: 1 }, { expectedHead: null });
      await checkpoints.put("t", { n: 2 }, { expectedHead: first });
      for (const expectedHead of [null, first, "unknown"])
        await refused(
          checkpoints.put("t", { n: 3 }, { expectedHead }),
          "CONFLICT",
          String(expectedHead),
        );
      assert.deepEqual(await checkpoints.get("t"), { n: 2 });
      assert.equal((await checkpoints.list("t")).length, 2);
    },
  ),
  storeCase(
    "bad-clocks",
    "the head is the last one put and the list its order, though writers' clocks stand still or go back",
    async ({ here, there }) => {
      const ids: string[] = [];
      for (const [index, at] of [...badClocks, ...badClocks].entries()) {
        const { checkpoints } = (index % 2 ? there : here)({ at });
        ids.unshift(await checkpoints.put("t", { index }));
        assert.deepEqual(await here({ at: THEN }).checkpoints.get("t"), { index });
      }
      const listed = await there().checkpoints.list("t");
      assert.deepEqual(
        listed.map(({ id }) => id),
        ids,
      );
    },
  ),
  storeCase(
    "append",
    "an append gives the parent's state with its changes, and leaves the parent as it was",
    async ({ here, there }) => {
      const { checkpoints } = here();
      const parentId = await checkpoints.put("t", { step: 1, messages: ["a"] });
      const changes = [
        { path: ["messages"], append: ["b", "c"] },
        { path: ["step"], set: 2 },
      ];
      const id = await checkpoints.append("t", { parentId, changes, operationId: "op" });
      assert.equal(
        await there().checkpoints.append("t", { parentId, changes, operationId: "op" }),
        id,
      );
      for (const reader of [checkpoints, there().checkpoints]) {
        assert.deepEqual(await reader.get("t"), { step: 2, messages: ["a", "b", "c"] });
        assert.deepEqual(await reader.get("t", parentId), { step: 1, messages: ["a"] });
        assert.equal((await reader.record("t"))?.parentId, parentId);
      }
    },
  ),
  storeCase(
    "append-on-a-parent",
    "an append on what is not the head conflicts, unless it branches",
    async ({ here, there }) => {
      const { checkpoints } = here();
      const first = await checkpoints.put("t", { n: 1 });
      await there().checkpoints.put("t", { n: 2 });
      const change = { parentId: first, changes: [{ path: ["branch"], set: true }] };
      await refused(checkpoints.append("t", change), "CONFLICT", "an append on the first of two");
      assert.deepEqual(await checkpoints.get("t"), { n: 2 });
      await checkpoints.append("t", { ...change, branch: true });
      assert.deepEqual(await there().checkpoints.get("t"), { n: 1, branch: true });
    },
  ),
  storeCase(
    "lifetime",
    "a checkpoint is not answered from its lifetime's end on, and the newest that lives is the latest",
    async ({ here, there }) => {
      const stays = await here().checkpoints.put("t", { n: 1 });
      const goes = await here().checkpoints.put("t", { n: 2 }, { ttlMs: 1000 });
      assert.deepEqual(await there({ at: THEN + 999 }).checkpoints.get("t"), { n: 2 });
      const later = there({ at: THEN + 1000 }).checkpoints;
      assert.deepEqual(await later.get("t"), { n: 1 });
      assert.equal(await later.get("t", goes), null);
      assert.deepEqual(
        (await later.list("t")).map(({ id }) => id),
        [stays],
      );
    },
  ),
  storeCase(
    "refused-before-written",
    "a state that cannot be kept and a call that makes no sense are refused by code, and nothing is written",
    async ({ here }) => {
      const { checkpoints } = here();
      const bad = "INVALID_ARGUMENT";
      await refused(checkpoints.put("t", { refused }), "UNSUPPORTED_VALUE", "a function");
      await refused(checkpoints.put("", {}), bad, "an empty thread id");
      await refused(checkpoints.put("t", {}, { operationId: "" }), bad, "an empty operation id");
      await refused(checkpoints.put("t", {}, { ttlMs: 0.5 }), bad, "half a millisecond");
      await refused(checkpoints.list("t", { limit: 1.5 }), bad, "one and a half");
      await refused(checkpoints.list("t", { limit: -1 }), bad, "less than none");
      assert.equal(await checkpoints.get("t"), null);
      assert.equal(await here().threads.get("t"), undefined);
    },
  ),
];

/** A call that was not acknowledged may succeed (it looked) or say that it can be tried again; nothing else. */
async function settledOrRetryable(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    const fair = isStorageError(error) && (error.retryable || error.code === "OUTCOME_UNKNOWN");
    assert.ok(fair, `a call whose acknowledgement was lost failed with ${String(error)}`);
  }
}
