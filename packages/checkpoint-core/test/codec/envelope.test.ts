import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestOf, isChecksumOf, writeChecksum } from "../../src/codec/digest.ts";
import { openBytes, openEnvelope, sealBytes, sealText } from "../../src/codec/envelope.ts";
import { openFrame, sealFrame } from "../../src/codec/frame.ts";
import { StorageError } from "../../src/errors.ts";
import { keys, values } from "./values.ts";

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof StorageError) return error.code;
    throw error;
  }
  return "nothing thrown";
}

describe("an envelope", () => {
  test("is version, flags, payload: these bytes, for ever", () => {
    expect(sealText('{"a":"é"}')).toStrictEqual(
      new Uint8Array([1, 0, 123, 34, 97, 34, 58, 34, 195, 169, 34, 125]),
    );
    expect(sealBytes(new Uint8Array([255]))).toStrictEqual(new Uint8Array([1, 0, 255]));
  });

  test("gives back any text and any bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.uint8Array(), (text, bytes) => {
        expect(openEnvelope(sealText(text))).toBe(text);
        expect(openBytes(sealBytes(bytes))).toStrictEqual(bytes);
      }),
    );
    expect(openEnvelope(sealText("\ufeffmark"))).toBe("\ufeffmark");
    expect(openEnvelope(Buffer.from(sealText("in a buffer")))).toBe("in a buffer");
  });

  test("shares no byte with another, whatever their sizes", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9000 }), { maxLength: 40 }), (sizes) => {
        const sealed = sizes.map((size, index) => sealBytes(new Uint8Array(size).fill(index)));
        for (const [index, size] of sizes.entries())
          expect(openBytes(sealed[index] ?? new Uint8Array())).toStrictEqual(
            new Uint8Array(size).fill(index),
          );
      }),
    );
  });

  test.each([
    [[], "CORRUPT"],
    [[1], "CORRUPT"],
    [[0, 0, 65], "CORRUPT"],
    [[1, 0, 255], "CORRUPT"],
    [[1, 0, 0xed, 0xa0, 0x80], "CORRUPT"],
    [[2, 0, 65], "INCOMPATIBLE"],
    [[255, 0, 65], "INCOMPATIBLE"],
    [[1, 1, 65], "INCOMPATIBLE"],
    [[1, 2, 65], "INCOMPATIBLE"],
    [[1, 4, 65], "INCOMPATIBLE"],
    [[1, 128, 65], "INCOMPATIBLE"],
  ])("of bytes %j is %s", (bytes, code) => {
    expect(codeOf(() => openEnvelope(new Uint8Array(bytes)))).toBe(code);
  });

  test("refuses a lone surrogate, and what is over the bound", () => {
    expect(codeOf(() => sealText("a\ud800"))).toBe("UNSUPPORTED_VALUE");
    expect(codeOf(() => sealText("éé", { bytes: 3 }))).toBe("TOO_LARGE");
    expect(codeOf(() => sealBytes(new Uint8Array(4), { bytes: 3 }))).toBe("TOO_LARGE");
    expect(codeOf(() => openBytes(sealText("éé"), { bytes: 3 }))).toBe("TOO_LARGE");
  });
});

describe("a frame", () => {
  test("gives back its head and its body, which stays closed until asked for", () => {
    const sealed = sealFrame({ id: "1", at: new Date(0), note: "a\nb" }, '{"s":"é\\n"}');
    const { head, size, body } = openFrame(sealed);
    expect(head).toStrictEqual({ id: "1", at: new Date(0), note: "a\nb" });
    expect(size).toBe(12);
    expect(body()).toBe('{"s":"é\\n"}');
    expect(openFrame(Buffer.from(sealFrame(null, ""))).body()).toBe("");
  });

  test("is CORRUPT after any change or cut of its payload", () => {
    fc.assert(
      fc.property(
        values,
        fc.string(),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (head, body, at, by) => {
          const sealed = sealFrame(head, body);
          const damaged = Uint8Array.from(sealed);
          const index = 2 + (at % (sealed.length - 2));
          damaged[index] = (damaged[index] ?? 0) ^ by;
          expect(codeOf(() => openFrame(damaged))).toBe("CORRUPT");
          expect(codeOf(() => openFrame(sealed.subarray(0, index)))).toBe("CORRUPT");
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("digests", () => {
  test("do not depend on the order of keys, and stay what they are", () => {
    const digest = digestOf({ b: [{ y: 1, x: 2 }], a: new Date(0) });
    expect(digestOf({ a: new Date(0), b: [{ x: 2, y: 1 }] })).toBe(digest);
    expect(digest).toBe("50ce1c01ed37621f088d29c48c86f02825231e359a60e5021fd022bfdce84cf3");
    expect(digestOf({})).toBe("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  });

  test("tell apart what is different", () => {
    const different = [
      {},
      { a: undefined },
      { a: null },
      [],
      new Map(),
      { a: 1 },
      { a: "1" },
      { a: 1n },
      [1, 2],
      [2, 1],
      new Date(0),
      0,
      -0,
      { $date: 0 },
      { "1": "a", "0": "b" },
      { "1": "b", "0": "a" },
    ];
    expect(new Set(different.map((value) => digestOf(value))).size).toBe(different.length);
  });

  test("are the same for any order of any keys", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(keys, values), { selector: ([key]) => key }),
        (entries) => {
          const one = Object.fromEntries(entries);
          const other = Object.fromEntries(entries.toReversed());
          expect(digestOf([one])).toBe(digestOf([other]));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("a checksum is of the bytes and of their number", () => {
    const bytes = new TextEncoder().encode("abc");
    const sums = [bytes, bytes.subarray(1), bytes.subarray(0, 2), new Uint8Array()].map(checksumOf);
    expect(new Set(sums).size).toBe(sums.length);
    expect(checksumOf(bytes)).toBe("7ae3466800000003");
  });
});

function checksumOf(bytes: Uint8Array): string {
  const checksum = new Uint8Array(16);
  writeChecksum(checksum, bytes);
  return new TextDecoder().decode(checksum);
}

describe("the test of a checksum", () => {
  test("says what a comparison with its text would say", () => {
    const text = fc.oneof(
      fc.stringMatching(/^[\da-fA-F]{16}$/),
      fc.string({ unit: "binary-ascii", maxLength: 17 }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), text, (bytes, other) => {
        const checksum = checksumOf(bytes);
        expect(isChecksumOf(Buffer.from(checksum, "latin1"), bytes)).toBe(true);
        expect(isChecksumOf(Buffer.from(other, "latin1"), bytes)).toBe(
          other.slice(0, 16) === checksum,
        );
        for (let at = 0; at < checksum.length; at += 1) {
          const changed = Buffer.from(checksum, "latin1");
          changed[at] = (changed[at] ?? 0) ^ 1;
          expect(isChecksumOf(changed, bytes)).toBe(false);
        }
      }),
    );
  });
});
