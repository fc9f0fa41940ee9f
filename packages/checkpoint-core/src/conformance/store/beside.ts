import assert from "node:assert/strict";
import type { Backend } from "../../backend/contract.ts";
import { refused } from "../history/store.ts";
import { interrupted, type StoreCase, storeCase } from "./bench.ts";

/** Whole states as changes, callers' own ids, and what is kept beside a checkpoint. */
export const storedBeside: readonly StoreCase[] = [
  storeCase(
    "whole-states",
    "a state put whole is read as it was put, whatever its parent was: keys gone and moved, items put in, texts edited",
    async ({ here, there }) => {
      const text = "The quick brown fox jumps over the lazy dog. ".repeat(40);
      const states: readonly unknown[] = [
        { text, list: [{ a: 1 }, { b: 2 }], gone: 1, $date: 1 },
        { $date: 1, text, list: [{ b: 2 }, "new", { a: 1 }] },
        { text: `${text.slice(0, 500)}\u{1f600}${text.slice(501)}`, $date: 2, list: [] },
        { text: `${text.slice(0, 500)}\ud83d${text.slice(501)}`, list: [new Map([[1, text]])] },
        [text, text, { deep: { deep: { deep: text } } }],
        [text, { deep: { deep: { deep: `${text}!`, more: undefined } } }],
      ];
      const ids: string[] = [];
      for (const [index, state] of states.entries())
        ids.push(await (index % 3 === 2 ? there : here)().checkpoints.put("t", state));
      for (const [index, state] of states.entries())
        for (const reader of [here(), there()]) {
          const found = await reader.checkpoints.get("t", ids[index]);
          assert.deepEqual(found, state, `state ${index}`);
          if (index === 1)
            assert.deepEqual(Object.keys(found as object), ["$date", "text", "list"]);
        }
    },
  ),
  storeCase(
    "whole-states-cost",
    "a growing state put whole costs what was added to it, in one process and when each put is another's",
    async ({ here, there }) => {
      for (const cold of [false, true]) {
        const counted = { bytes: 0 };
        const through = counting(counted);
        const warm = here({ through });
        const thread = cold ? "cold" : "warm";
        const messages: string[] = [];
        for (let count = 0; count < 40; count += 1) {
          messages.push(noise(count + 1, 500));
          const { checkpoints } = cold ? there({ through }) : warm;
          await checkpoints.put(thread, { messages });
        }
        const unique = 40 * 500;
        assert.ok(counted.bytes < 4 * unique, `${counted.bytes} bytes for ${unique} (${thread})`);
      }
    },
  ),
  storeCase(
    "own-ids",
    "a caller's own id is what every verb answers and takes; given again for another state it conflicts",
    async ({ here, there }) => {
      assert.equal(await here().checkpoints.put("t", { n: 1 }, { id: "a" }), "a");
      assert.equal(await there().checkpoints.put("t", { n: 2 }, { id: "b", parentId: "a" }), "b");
      assert.equal(await there().checkpoints.put("t", { n: 1 }, { id: "a" }), "a");
      await refused(there().checkpoints.put("t", { n: 3 }, { id: "a" }), "CONFLICT", "another");
      const listed = await here().checkpoints.list("t");
      assert.deepEqual(
        listed.map(({ id, parentId }) => [id, parentId]),
        [
          ["b", "a"],
          ["a", null],
        ],
      );
      assert.deepEqual(await there().checkpoints.get("t", "a"), { n: 1 });
      await here().checkpoints.delete("t", "a");
      assert.equal(await there().checkpoints.get("t", "a"), null);
    },
  ),
  storeCase(
    "attachments",
    "what is attached stands beside its checkpoint in key order, is written once for an operation, and needs the checkpoint",
    async ({ here, there }) => {
      const id = await here().checkpoints.put("t", { n: 1 });
      const { checkpoints } = here();
      const attach: typeof checkpoints.attach = (...call) => checkpoints.attach(...call);
      for (const key of ["b", "a/1", "a/0"]) await attach("t", id, key, key);
      await attach("t", id, "b", 1, { operationId: "op" });
      await there().checkpoints.attach("t", id, "b", 2);
      await there().checkpoints.attach("t", id, "b", 1, { operationId: "op" });
      assert.deepEqual(await there().checkpoints.attachments("t", id), [
        { key: "a/0", value: "a/0" },
        { key: "a/1", value: "a/1" },
        { key: "b", value: 2 },
      ]);
      await there().checkpoints.delete("t", id);
      await refused(attach("t", id, "b", 3), "NOT_FOUND", "an attachment to a deleted one");
      await refused(here().checkpoints.attachments("t", id), "NOT_FOUND", "those of a deleted one");
    },
  ),
  storeCase(
    "parent-deleted-meanwhile",
    "a put on a parent below the head's segment is refused when the parent is deleted before it lands",
    async ({ here, there }) => {
      const text = "x".repeat(3000);
      const parentId = await here().checkpoints.put("t", { text });
      await here().checkpoints.put("t", { n: 2 });
      await here().checkpoints.put("t", { n: 3 });
      const through = interrupted(() => there().checkpoints.delete("t", parentId));
      const late = here({ through }).checkpoints.put("t", { n: 4 }, { parentId });
      await refused(late, "NOT_FOUND", "a put on a parent that is gone");
      assert.deepEqual(await there().checkpoints.get("t"), { n: 3 });
    },
  ),
];

/** Text that hardly compresses, the same for the same seed. */
function noise(seed: number, length: number): string {
  let text = "";
  for (let next = seed; text.length < length; text += next.toString(36))
    next = (next * 1_103_515_245 + 12_345) % 2_147_483_648;
  return text.slice(0, length);
}

/** A view of a backend that adds up the bytes that are written through it. */
function counting(counted: { bytes: number }): (backend: Backend) => Backend {
  return (backend) => ({
    name: backend.name,
    limits: backend.limits,
    setup: (mode) => backend.setup(mode),
    read: (...call) => backend.read(...call),
    scan: (...call) => backend.scan(...call),
    write(partition, batch) {
      for (const write of batch.writes)
        if ("value" in write) counted.bytes += write.value.byteLength;
      return backend.write(partition, batch);
    },
    drop: (...call) => backend.drop(...call),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
}
