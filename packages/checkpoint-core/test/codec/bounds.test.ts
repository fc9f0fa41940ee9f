import { describe, expect, test } from "vitest";
import { splicesOfText } from "../../src/codec/change.ts";
import { applySplices, imageOfText } from "../../src/codec/image.ts";
import type { Splice } from "../../src/codec/splice.ts";
import { decodeText, encodeText } from "../../src/codec/text.ts";
import { StorageError } from "../../src/errors.ts";
import { codeOf, failureOf } from "./failure.ts";

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

describe("bounds", () => {
  test("512 levels pass, one more does not, in either direction", () => {
    const deepest = encodeText(nested(512));
    expect(encodeText(decodeText(deepest))).toBe(deepest);
    expect(codeOf(() => encodeText(nested(513)))).toBe("TOO_LARGE");
    expect(codeOf(() => decodeText(`[${deepest}]`))).toBe("TOO_LARGE");
  });

  test("hostile depth is refused before the stack gives out", () => {
    expect(codeOf(() => encodeText(nested(200_000)))).toBe("TOO_LARGE");
    const deep = 1_000_000;
    expect(codeOf(() => decodeText("[".repeat(deep) + "]".repeat(deep)))).toBe("TOO_LARGE");
    const maps = `${'{"$map":[[1,'.repeat(5_000)}1${"]]}".repeat(5_000)}`;
    expect(codeOf(() => decodeText(maps))).toBe("TOO_LARGE");
  });

  test.each([
    ["arrays", "[],"],
    ["objects", "{},"],
    ["numbers", "0,"],
    ["objects with a field", '{"a\\\\":0},'],
  ])("a text of too many %s is refused before it is parsed", (_what, unit) => {
    const text = `[${unit.repeat(10_000_000).slice(0, -1)}`;
    // It is cut off: were it parsed, it would be no JSON.
    expect(codeOf(() => decodeText(text))).toBe("TOO_LARGE");
    expect(codeOf(() => splicesOfText(unit.repeat(21_000_000)))).toBe("TOO_LARGE");
  });

  test("a change that leads deeper than the stack, or to more text than there can be, is refused", () => {
    const levels = 200_000;
    const deep = imageOfText("[".repeat(levels) + "]".repeat(levels));
    const at = Array.from({ length: levels - 1 }, () => 0);
    expect(codeOf(() => applySplices(deep, [{ op: "set", at, value: 1 }]))).toBe("TOO_LARGE");
    const insert = "a".repeat(200_000_000);
    const more: Splice = { op: "text", at: [], index: 0, remove: 0, insert };
    const long = imageOfText(JSON.stringify(insert));
    expect(codeOf(() => applySplices(long, [more, more, more]))).toBe("TOO_LARGE");
  });

  test("numbers and patterns of 100,000 characters pass, longer ones do not, in either direction", () => {
    const digits = "9".repeat(100_000);
    for (const kept of [BigInt(digits), new RegExp(digits)]) {
      const text = encodeText(kept);
      expect(encodeText(decodeText(text))).toBe(text);
    }
    for (const value of [BigInt(`1${digits}`), 1n << 100_000_000n, new RegExp(`${digits}9`)])
      expect(failureOf(() => encodeText({ a: value }))).toMatchObject({
        code: "TOO_LARGE",
        message: expect.stringContaining("a"),
      });
    for (const text of [
      `{"$bigint":"${"9".repeat(50_000_000)}"}`,
      `{"$regexp":["${"\\\\p{L}".repeat(1_000_000)}","ui"]}`,
    ])
      expect(codeOf(() => decodeText(text))).toBe("TOO_LARGE");
  });

  test("what looks like many values inside texts is one", () => {
    const text = String.raw`[,"\",{]`.repeat(100);
    for (const value of [text, [text, text], { [text]: { text, "": [[], {}, "\\", ""] } }])
      expect(decodeText(encodeText(value), { nodes: 20 })).toStrictEqual(value);
    const exact = JSON.stringify([[], {}, [0], { a: { b: [] } }, "\\"]);
    expect(decodeText(exact, { nodes: 9 })).toStrictEqual(JSON.parse(exact));
    expect(codeOf(() => decodeText(exact, { nodes: 8 }))).toBe("TOO_LARGE");
  });

  test("a stack that is nearly used up is too deep, not a crash", () => {
    const value = nested(512);
    const text = encodeText(value);
    const outcomes = new Set<string>();
    const attempt = (run: () => unknown): void => {
      try {
        run();
        outcomes.add("done");
      } catch (error) {
        outcomes.add(error instanceof StorageError ? error.code : String(error));
      }
    };
    // How many frames are left is found out by running out of them; the attempts are made with a little more each.
    const descend = (): number => {
      let below = 0;
      try {
        below = descend() + 1;
      } catch {
        return 0;
      }
      if (below > 100 && below % 50 === 0 && below < 4_000) {
        attempt(() => encodeText(value));
        attempt(() => decodeText(text));
      }
      return below;
    };
    descend();
    expect([...outcomes].toSorted()).toStrictEqual(["TOO_LARGE", "done"]);
  });

  test("a small graph that unfolds without end is refused", () => {
    let bomb: unknown = "lol";
    for (let level = 0; level < 40; level += 1) bomb = [bomb, bomb];
    const { code, message } = failureOf(() => encodeText(bomb, { nodes: 10_000 }));
    expect({ code, message }).toStrictEqual({
      code: "TOO_LARGE",
      message: "The state holds more than the 10000 values allowed.",
    });
  });

  test("a sparse array of four thousand million items is refused at once", () => {
    const sparse: unknown[] = [];
    sparse.length = 4_294_967_295;
    expect(codeOf(() => encodeText({ sparse }))).toBe("TOO_LARGE");
  });

  test("nodes and bytes bound both directions, exactly", () => {
    const text = encodeText({ a: [1, "é"], b: undefined });
    const bytes = Buffer.byteLength(text);
    expect(encodeText({ a: [1, "é"], b: undefined }, { nodes: 6, bytes })).toBe(text);
    expect(encodeText(decodeText(text, { nodes: 6, bytes }))).toBe(text);
    for (const bounds of [{ nodes: 5 }, { bytes: bytes - 1 }]) {
      expect(codeOf(() => encodeText({ a: [1, "é"], b: undefined }, bounds))).toBe("TOO_LARGE");
      expect(codeOf(() => decodeText(text, bounds))).toBe("TOO_LARGE");
    }
  });

  test.each([{ depth: 0 }, { depth: 2_001 }, { nodes: 1.5 }, { bytes: Number.NaN }])(
    "a bound that is none is refused: %j",
    (bounds) => {
      expect(codeOf(() => encodeText(1, bounds))).toBe("INVALID_ARGUMENT");
    },
  );
});
