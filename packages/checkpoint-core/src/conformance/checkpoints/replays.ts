import assert from "node:assert/strict";
import type { Case } from "../case.ts";
import { type CheckpointerSubject, checkpointerCase, stateOf } from "./plain.ts";

/** One write, one operation id: a retry writes nothing and gets the first answer. */
export const replays: readonly Case<CheckpointerSubject>[] = [
  checkpointerCase(
    "replay",
    "a put that is retried, as after a lost acknowledgement, is there once, under its first id, whoever retries",
    async (one, other) => {
      const id = await one.put("t", stateOf(1), { operationId: "run:step:0" });
      assert.equal(await one.put("t", stateOf(1), { operationId: "run:step:0" }), id);
      assert.equal(await other.put("t", stateOf(1), { operationId: "run:step:0" }), id);
      assert.equal((await one.list("t")).length, 1);
    },
  ),
  checkpointerCase(
    "replay-of-another-payload",
    "a retry whose state was built anew leaves the first one stored",
    async (one) => {
      const id = await one.put("t", stateOf("first"), { operationId: "run:step:0" });
      assert.equal(await one.put("t", stateOf("retried"), { operationId: "run:step:0" }), id);
      assert.deepEqual(await one.get("t"), stateOf("first"));
      assert.deepEqual(await one.get("t", id), stateOf("first"));
    },
  ),
  checkpointerCase(
    "late-replay",
    "a retry that comes after other puts moves nothing: the latest stays the latest",
    async (one) => {
      const id = await one.put("t", stateOf(1), { operationId: "run:step:0" });
      await one.put("t", stateOf(2), { operationId: "run:step:1" });
      assert.equal(await one.put("t", stateOf(1), { operationId: "run:step:0" }), id);
      assert.deepEqual(await one.get("t"), stateOf(2));
      assert.equal((await one.list("t")).length, 2);
    },
  ),
  checkpointerCase(
    "replays-at-once",
    "retries that run at once, from two processes, all get one id, and one checkpoint is there",
    async (one, other) => {
      const ids = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          (index % 2 ? other : one).put("t", stateOf(index), { operationId: "run:step:0" }),
        ),
      );
      assert.equal(new Set(ids).size, 1);
      assert.equal((await one.list("t")).length, 1);
    },
  ),
  checkpointerCase(
    "equal-states",
    "two puts of equal states are two checkpoints: content is no identity",
    async (one) => {
      const first = await one.put("t", stateOf(1), { operationId: "run:step:0" });
      const second = await one.put("t", stateOf(1), { operationId: "run:step:1" });
      assert.notEqual(first, second);
      assert.equal((await one.list("t")).length, 2);
    },
  ),
  checkpointerCase(
    "operations-belong-to-threads",
    "one operation id in two threads names two writes",
    async (one) => {
      await one.put("t", stateOf("t"), { operationId: "run:step:0" });
      await one.put("u", stateOf("u"), { operationId: "run:step:0" });
      assert.deepEqual(await one.get("u"), stateOf("u"));
    },
  ),
];
