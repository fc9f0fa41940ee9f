import { expect, test } from "vitest";
import { createStore, memoryBackend } from "../../src/index.ts";
import { wrapBackend } from "../wrap.ts";

const long = Array.from({ length: 100_000 }, (_, index) => `line ${index % 977};`)
  .join("")
  .slice(0, 1_000_000);

/** Ways to edit a text, and the most bytes that the store writes for one, all records of the put together. */
const edits: readonly (readonly [string, number, (text: string, turn: number) => string])[] = [
  [
    "put in in the middle",
    500,
    (text, turn) => `${text.slice(0, 500_000)}[edit ${turn}]${text.slice(500_000)}`,
  ],
  [
    "changed further on at each turn",
    500,
    (text, turn) => `${text.slice(0, 300_000 + turn * 1000)}#${text.slice(300_001 + turn * 1000)}`,
  ],
  ["deleted in the middle", 500, (text) => text.slice(0, 100_000) + text.slice(100_100)],
  [
    "put in with half a pair beside",
    500,
    (text, turn) => `${text.slice(0, 500_000)}\u{1f600}\ud83d${turn}${text.slice(500_000)}`,
  ],
  [
    // One span is stored, from the first difference to the last: never more than the text.
    "changed at both ends and in the middle",
    1_000_500,
    (text, turn) => `a${text.slice(0, 500_000)}${text.slice(500_010)}${turn}`,
  ],
];

test.each(edits)(
  "of a text of a megabyte that is %s a whole put stores what lies between the first difference and the last",
  async (_, most, edit) => {
    const memory = memoryBackend();
    let written = 0;
    const backend = wrapBackend(memory, {
      async write(partition, batch) {
        for (const write of batch.writes) if ("value" in write) written += write.value.byteLength;
        return memory.write(partition, batch);
      },
    });
    const store = createStore({ backend, compress: false });
    let notes = long;
    await store.checkpoints.put("t", { notes, messages: ["a"] });
    const sizes: number[] = [];
    for (let turn = 0; turn < 12; turn += 1) {
      written = 0;
      notes = edit(notes, turn);
      await store.checkpoints.put("t", { notes, messages: ["a"] });
      sizes.push(written);
    }
    expect(Math.max(...sizes), sizes.join(", ")).toBeLessThan(most);
    const read = await createStore({ backend: memory }).checkpoints.get("t");
    expect(read).toEqual({ notes, messages: ["a"] });
  },
);
