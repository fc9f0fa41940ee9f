import assert from "node:assert/strict";
import type { Case } from "../case.ts";
import { atClock, badClocks } from "../clock.ts";
import { type CheckpointerSubject, checkpointerCase, stateOf } from "./plain.ts";

/** What is answered, and which is the latest. */
export const latest: readonly Case<CheckpointerSubject>[] = [
  checkpointerCase(
    "none-is-null",
    "where there is nothing, get answers null and list answers none",
    async (one) => {
      assert.equal(await one.get("t"), null);
      assert.equal(await one.get("t", "unknown"), null);
      assert.deepEqual(await one.list("t"), []);
      await one.put("t", stateOf(1));
      assert.equal(await one.get("t", "unknown"), null);
      assert.equal(await one.get("u"), null);
    },
  ),
  checkpointerCase(
    "put-get",
    "a state that was put is answered by its id, and as the latest, to every process",
    async (one, other) => {
      const first = await one.put("t", stateOf("first"));
      const second = await other.put("t", stateOf("second"));
      assert.equal(typeof first, "string");
      for (const reader of [one, other]) {
        assert.deepEqual(await reader.get("t", first), stateOf("first"));
        assert.deepEqual(await reader.get("t", second), stateOf("second"));
        assert.deepEqual(await reader.get("t"), stateOf("second"));
      }
    },
  ),
  checkpointerCase(
    "latest-in-a-burst",
    "after each of 100 puts as fast as they go, the latest is the last one",
    async (one) => {
      const ids = [];
      for (let index = 0; index < 100; index += 1) {
        ids.push(await one.put("t", stateOf(index)));
        assert.deepEqual(await one.get("t"), stateOf(index), `the latest after put ${index}`);
      }
      assert.equal(new Set(ids).size, 100);
    },
  ),
  checkpointerCase(
    "latest-by-bad-clocks",
    "the latest is the last one put, though the writer's clock stands still, lags or goes back",
    async (one, other) => {
      for (const [index, ms] of badClocks.entries()) {
        await atClock(ms, () => (index % 2 ? other : one).put("t", stateOf(index)));
        assert.deepEqual(await one.get("t"), stateOf(index), `the latest after put ${index}`);
      }
    },
  ),
  checkpointerCase(
    "list-order",
    "a list goes from the last one put to the first, though clocks stand still or go back",
    async (one) => {
      const ids: string[] = [];
      for (const ms of [...badClocks, ...badClocks])
        ids.unshift(await atClock(ms, () => one.put("t", stateOf(ms))));
      assert.deepEqual(
        (await one.list("t")).map(({ id }) => id),
        ids,
      );
    },
  ),
  checkpointerCase("list-limit", "a list of n holds the newest n, of 0 none", async (one) => {
    const ids: string[] = [];
    for (let index = 0; index < 4; index += 1) ids.unshift(await one.put("t", stateOf(index)));
    for (const limit of [0, 1, 2, 4, 5])
      assert.deepEqual(
        (await one.list("t", { limit })).map(({ id }) => id),
        ids.slice(0, limit),
        `a list of ${limit}`,
      );
  }),
  checkpointerCase("no-hidden-limit", "a list without a limit holds all of 40", async (one) => {
    for (let index = 0; index < 40; index += 1) await one.put("t", stateOf(index));
    assert.equal((await one.list("t")).length, 40);
  }),
  checkpointerCase(
    "list-entries",
    "a list says of each checkpoint its thread, when it was put, its state's version and its size",
    async (one) => {
      const before = Date.now();
      const id = await one.put("t", stateOf(1));
      const [entry] = await one.list("t");
      assert.deepEqual([entry?.id, entry?.threadId, entry?.agentSnapshotVersion], [id, "t", 2]);
      assert.ok(entry?.createdAt instanceof Date, "createdAt must be a Date");
      assert.ok(
        entry.createdAt.getTime() >= before - 1000,
        "createdAt must be the time of the put",
      );
      assert.equal(typeof entry.sizeBytes, "number");
    },
  ),
  checkpointerCase(
    "concurrent-puts",
    "of puts at once, from two processes, each has an id of its own and none is lost",
    async (one, other) => {
      const ids = await Promise.all(
        Array.from({ length: 16 }, (_, index) =>
          (index % 2 ? other : one).put("t", stateOf(index)),
        ),
      );
      const listed = await one.list("t");
      assert.deepEqual(listed.map(({ id }) => id).toSorted(), ids.toSorted());
      for (const [index, id] of ids.entries())
        assert.deepEqual(await other.get("t", id), stateOf(index));
      assert.deepEqual(await one.get("t"), await one.get("t", listed[0]?.id));
    },
  ),
  checkpointerCase(
    "delete-one",
    "a checkpoint that was deleted is gone, the others stay, and the last of those is the latest",
    async (one, other) => {
      const [first, second, third] = [
        await one.put("t", stateOf(1)),
        await one.put("t", stateOf(2)),
        await one.put("t", stateOf(3)),
      ];
      await one.delete("t", third);
      await one.delete("t", first);
      for (const reader of [one, other]) {
        assert.equal(await reader.get("t", third), null);
        assert.equal(await reader.get("t", first), null);
        assert.deepEqual(await reader.get("t"), stateOf(2));
        assert.deepEqual(
          (await reader.list("t")).map(({ id }) => id),
          [second],
        );
      }
    },
  ),
  checkpointerCase(
    "delete-all",
    "deleting a thread leaves nothing of it, and nothing is answered until the next put",
    async (one, other) => {
      const id = await one.put("t", stateOf(1));
      await one.put("t", stateOf(2));
      await one.delete("t");
      for (const reader of [one, other]) {
        assert.equal(await reader.get("t"), null);
        assert.equal(await reader.get("t", id), null);
        assert.deepEqual(await reader.list("t"), []);
      }
      await one.put("t", stateOf(3));
      assert.deepEqual(await one.get("t"), stateOf(3));
      assert.equal((await one.list("t")).length, 1);
    },
  ),
  checkpointerCase(
    "delete-nothing",
    "deleting what is not there is silent and touches nothing",
    async (one) => {
      await one.delete("t");
      await one.delete("t", "unknown");
      const id = await one.put("t", stateOf(1));
      await one.delete("t", "unknown");
      await one.delete("u", id);
      assert.deepEqual(await one.get("t"), stateOf(1));
    },
  ),
];
