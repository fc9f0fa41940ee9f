import * as fc from "fast-check";
import { expect, test } from "vitest";
import { keyAt } from "../../src/backend/keys.ts";
import { memoryBackend } from "../../src/backend/memory.ts";
import { encodeText } from "../../src/codec/text.ts";
import { isStorageError } from "../../src/errors.ts";
import { encodeValue } from "../../src/store/encode.ts";
import type { OpenRecord } from "../../src/store/partition.ts";
import type { SealingOptions } from "../../src/store/sealing/options.ts";
import { values } from "../codec/values.ts";
import { key } from "../pieces/shelf.ts";
import { door, THEN } from "./door.ts";

const encryption = { keys: { k: key(1) }, current: "k" };
const ways: readonly (readonly [string, SealingOptions, number])[] = [
  ["plain", {}, 1_000_000],
  ["compressed", { compress: { minBytes: 1 } }, 1_000_000],
  ["encrypted", { encryption }, 1_000_000],
  ["in compressed, encrypted pieces", { compress: { minBytes: 1 }, encryption }, 120],
];

/** Values of one process, 25 a run: so each way keeps 2,500 of the 10,000. */
const many = fc.array(values, { minLength: 25, maxLength: 25 });

test.each(ways)(
  "%s: gives back each of 2,500 fuzzed values, and none poisons another",
  async (_way, options, maxValueBytes) => {
    await fc.assert(
      fc.asyncProperty(many, async (all) => {
        const place = { backend: memoryBackend({ limits: { maxValueBytes } }) };
        const partition = door(place, options);
        const { revision } = await partition.write(
          all.map((value) => ({ op: "append", prefix: "e/", value: encodeValue(value) })),
          THEN,
        );
        const { records } = await door(place, options).scan(
          { from: "e/", to: "e~", limit: 100 },
          THEN,
        );
        expect(records.map((record) => record.key)).toEqual(
          all.map((_value, index) => keyAt("e/", revision, index)),
        );
        expect(records.map((record) => encodeText(record.value()))).toEqual(
          all.map((value) => encodeText(value)),
        );
      }),
      { numRuns: 100 },
    );
  },
);

/** What a record's value comes to: its text, or the code of a typed error. */
function outcomeOf(record: OpenRecord): string {
  try {
    return encodeText(record.value());
  } catch (error) {
    if (isStorageError(error)) return error.code;
    throw error;
  }
}

test.each(ways)(
  "%s: whatever is done to the stored bytes, what comes is a value or a typed error, and its neighbour's value",
  async (way, options, maxValueBytes) => {
    const damage = fc.array(
      fc.record({ record: fc.nat(), at: fc.nat(), byte: fc.nat({ max: 255 }), cut: fc.boolean() }),
      { minLength: 1, maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(values, damage, async (value, damages) => {
        const { backend } = { backend: memoryBackend({ limits: { maxValueBytes } }) };
        const partition = door({ backend }, options);
        for (const name of ["a", "b"])
          await partition.write(
            [{ op: "put", key: name, value: encodeValue([value, "some text"]), expect: "any" }],
            THEN,
          );
        const page = await backend.scan("t/-/1.t", { from: "!", to: "~", limit: 1000 }, THEN);
        const mine = page.records.filter((record) => record.key === "a");
        for (const { at, byte, cut } of damages)
          for (const record of mine) {
            const bytes = Uint8Array.from(record.value);
            bytes[at % bytes.length] = byte;
            const forged = cut ? bytes.subarray(0, at % bytes.length) : bytes;
            const put = { op: "put", key: record.key, value: forged, expect: "any" } as const;
            await backend.write("t/-/1.t", { writes: [put], now: THEN });
          }
        const found = await partition.read(["a", "b"], THEN);
        const [damaged, other] = [found.get("a"), found.get("b")];
        expect(other && outcomeOf(other)).toBe(encodeText([value, "some text"]));
        const outcome = damaged ? outcomeOf(damaged) : "gone";
        expect(outcome).not.toBe("gone");
        const isUnchanged = outcome === encodeText([value, "some text"]);
        if (way.includes("encrypted")) expect(isUnchanged || /^[A-Z_]+$/.test(outcome)).toBe(true);
      }),
      { numRuns: 500 },
    );
  },
);
