import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planChanges, splicesOfText } from "../../src/codec/change.ts";
import { applySplices, imageOf, textOf } from "../../src/codec/image.ts";
import type { Splice } from "../../src/codec/splice.ts";
import { encodeText } from "../../src/codec/text.ts";
import { expectImage } from "./equal.ts";
import { codeOf } from "./failure.ts";
import { strings, values } from "./values.ts";

describe("splices that changes do not make, but stored states may hold", () => {
  test("a text is spliced anywhere, between the halves of a surrogate pair too", () => {
    fc.assert(
      fc.property(strings, strings, fc.nat(), fc.nat(), (text, insert, from, to) => {
        const index = from % (text.length + 1);
        const remove = to % (text.length - index + 1);
        const splice: Splice = { op: "text", at: ["a", 0], index, remove, insert };
        const after = applySplices(imageOf({ a: [text] }), [splice]);
        expectImage(after, { a: [text.slice(0, index) + insert + text.slice(index + remove)] });
      }),
      { numRuns: 3_000 },
    );
  });

  test("items are replaced anywhere in a list", () => {
    fc.assert(
      fc.property(
        fc.array(values, { maxLength: 5 }),
        fc.array(values, { maxLength: 3 }),
        fc.nat(),
        fc.nat(),
        (items, insert, from, to) => {
          const dense = Array.from(items);
          const index = from % (dense.length + 1);
          const remove = to % (dense.length - index + 1);
          const json = JSON.parse(encodeText(insert)) as never[];
          const splice: Splice = { op: "items", at: [], index, remove, insert: json };
          expectImage(
            applySplices(imageOf(dense), [splice]),
            dense.toSpliced(index, remove, ...insert),
          );
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test("the keys of an object are put in order", () => {
    const image = imageOf({ o: { b: 1, a: 2, $c: 3 } });
    const after = applySplices(image, [{ op: "order", at: ["o"], keys: ["$c", "a", "b"] }]);
    expect(textOf(after)).toBe('{"o":{"$$c":3,"a":2,"b":1}}');
    expect(after.bytes).toBe(image.bytes);
  });

  const misfits: readonly Splice[] = [
    { op: "set", at: ["none", "a"], value: 1 },
    { op: "set", at: ["list", 9], value: 1 },
    { op: "set", at: ["list", "0"], value: 1 },
    { op: "set", at: ["date", "$date"], value: 1 },
    { op: "set", at: ["text", "length"], value: 1 },
    { op: "set", at: ["text", 0], value: 1 },
    { op: "remove", at: [] },
    { op: "remove", at: ["none"] },
    { op: "remove", at: ["list", 0] },
    { op: "remove", at: ["toString"] },
    { op: "items", at: ["list"], index: 2, remove: 0, insert: [1] },
    { op: "items", at: ["list"], index: 0, remove: 2, insert: [] },
    { op: "items", at: ["list"], index: -1, remove: 0, insert: [] },
    { op: "items", at: ["list"], index: 0.5, remove: 0, insert: [] },
    { op: "items", at: ["text"], index: 0, remove: 0, insert: [] },
    { op: "text", at: ["list"], index: 0, remove: 0, insert: "" },
    { op: "text", at: ["text"], index: 4, remove: 0, insert: "" },
    { op: "order", at: ["list"], keys: [] },
    { op: "order", at: [], keys: ["list", "text"] },
    { op: "order", at: [], keys: ["list", "text", "none"] },
    { op: "order", at: [], keys: ["list", "list", "text", "date"] },
  ];

  test.each(misfits)("one that does not fit is CORRUPT: %j", (splice) => {
    const image = imageOf({ list: [1], text: "abc", date: new Date(0) });
    const text = textOf(image);
    expect(codeOf(() => applySplices(image, [splice]))).toBe("CORRUPT");
    expect(textOf(image)).toBe(text);
  });

  test.each([
    ["{}", "CORRUPT"],
    ["[1]", "CORRUPT"],
    ['[{"op":"set","at":["a"]}]', "CORRUPT"],
    ['[{"op":"set","at":[-1],"value":1}]', "CORRUPT"],
    ['[{"op":"set","at":"a","value":1}]', "CORRUPT"],
    ['[{"op":"items","at":[],"index":0,"remove":0,"insert":{}}]', "CORRUPT"],
    ['[{"op":"text","at":[],"index":0,"remove":0,"insert":1}]', "CORRUPT"],
    ['[{"op":"order","at":[],"keys":[1]}]', "CORRUPT"],
    ['[{"op":"move","at":[]}]', "INCOMPATIBLE"],
    ['[{"op":1,"at":[]}]', "CORRUPT"],
    ['[{"op":"constructor","at":[]}]', "INCOMPATIBLE"],
  ])("stored text %s is %s", (text, code) => {
    expect(codeOf(() => splicesOfText(text))).toBe(code);
  });

  test("a path through __proto__ is a path through data", () => {
    const image = imageOf({ a: 1 });
    for (const at of [
      ["__proto__", "polluted"],
      ["constructor", "prototype", "polluted"],
    ]) {
      expect(codeOf(() => applySplices(image, [{ op: "set", at, value: 1 }]))).toBe("CORRUPT");
      expect(codeOf(() => planChanges(image, [{ path: at, set: 1 }]))).toBe("INVALID_ARGUMENT");
    }
    const { image: after } = planChanges(image, [
      { path: ["__proto__"], set: {} },
      { path: ["__proto__", "polluted"], set: 1 },
    ]);
    expect(textOf(after)).toBe('{"a":1,"__proto__":{"polluted":1}}');
    expect(after.bytes).toBe(textOf(after).length);
    expect(Object.keys(Object.prototype)).toStrictEqual([]);
  });
});
