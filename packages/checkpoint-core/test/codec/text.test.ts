import { isDeepStrictEqual } from "node:util";
import { createContext, runInContext } from "node:vm";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundsOf } from "../../src/codec/bounds.ts";
import { digestOf } from "../../src/codec/digest.ts";
import { imageOfText, valueOf } from "../../src/codec/image.ts";
import { countNodes } from "../../src/codec/json.ts";
import { valueKinds } from "./kinds.ts";
import { decodeText, encodeText } from "../../src/codec/text.ts";
import { toJson } from "../../src/codec/write.ts";
import { values } from "./values.ts";

/** Errors come back as Error: class and stack are not kept. */
function comparable(value: unknown): unknown {
  return value instanceof Error
    ? {
        name: value.name,
        message: value.message,
        code: "code" in value ? value.code : undefined,
        hasCause: Object.hasOwn(value, "cause"),
        cause: comparable(value.cause),
      }
    : value;
}

function sameError(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(comparable(a), comparable(b));
}

describe("what is kept", () => {
  test("is 24 kinds", () => {
    expect(new Set(valueKinds.map(({ kind }) => kind)).size).toBe(24);
  });

  test.each(valueKinds)("$kind: as one text, and back", ({ sample, text }) => {
    expect(encodeText(sample())).toBe(text);
    const back = decodeText(text);
    const wanted = sample();
    expect(
      wanted instanceof Error ? sameError(back, wanted) : isDeepStrictEqual(back, wanted),
    ).toBe(true);
    expect(encodeText(back)).toBe(text);
    const overUtf8 = new TextDecoder().decode(new TextEncoder().encode(text));
    expect(overUtf8).toBe(text);
  });

  test("decode(encode(v)) equals v, and has the same text", () => {
    fc.assert(
      fc.property(values, (value) => {
        const text = encodeText(value);
        const back = decodeText(text);
        expect(encodeText(back)).toBe(text);
        // Errors anywhere inside differ in class and stack only: the text says the rest.
        if (!text.includes('"$error"')) expect(isDeepStrictEqual(back, value)).toBe(true);
        expect(new TextDecoder().decode(new TextEncoder().encode(text))).toBe(text);
      }),
      { numRuns: 3_000 },
    );
  });

  test("no key takes the place of another that has the same shape before it", () => {
    const keys = ["\\", "\n", '"', "\0", "\ud800", "\u2028", "é", "plain"];
    for (const first of keys)
      for (const second of keys) {
        decodeText(encodeText({ x: 1, [first]: 1 }));
        const rows = [
          { x: 1, [first]: 1 },
          { x: 1, [second]: "secret" },
          { x: 1, [first]: 2 },
          { x: 1, [second]: 3 },
        ];
        for (const row of rows) expect(decodeText(encodeText(row))).toEqual(row);
        expect(decodeText(encodeText(rows))).toEqual(rows);
        expect(valueOf(imageOfText(encodeText(rows)))).toEqual(rows);
      }
  });

  test("a digest does not hang on the order of keys that are escaped, and tells them apart", () => {
    expect(digestOf({ "\n": 1, '"': 2, a: 3 })).toBe(digestOf({ a: 3, '"': 2, "\n": 1 }));
    expect(digestOf({ "\n": 1 })).not.toBe(digestOf({ "\\n": 1 }));
    expect(digestOf({ "\n": 1 })).not.toBe(digestOf({ $entries: [["\n", 1]] }));
  });

  test("any two objects of two keys come back with their own keys", () => {
    const key = fc.string({ unit: fc.constantFrom("a", '"', "\\", "\n", "\u001f", "\udbff") });
    fc.assert(
      fc.property(fc.array(fc.tuple(key, key), { minLength: 2, maxLength: 6 }), (pairs) => {
        const rows = pairs.map(([one, two]) => ({ [one]: 1, [two]: 2 }));
        expect(decodeText(encodeText(rows))).toEqual(rows);
      }),
      { numRuns: 2_000 },
    );
  });

  test("plain JSON data whose keys need no escape has the text that JSON.stringify gives it", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const text = JSON.stringify(JSON.parse(json));
        fc.pre(!encodeText(JSON.parse(text)).includes('"$entries"'));
        fc.pre(!text.includes('"$'));
        expect(encodeText(JSON.parse(text))).toBe(text);
      }),
      { numRuns: 1_000 },
    );
  });

  test("the text of any value, taken as data, comes back as data", () => {
    fc.assert(
      fc.property(values, (value) => {
        const data: unknown = JSON.parse(encodeText(value));
        expect(isDeepStrictEqual(decodeText(encodeText(data)), data)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test("nodes counted while writing are the nodes of the text", () => {
    fc.assert(
      fc.property(values, (value) => {
        const { json, nodes } = toJson(value, boundsOf());
        expect(nodes).toBe(countNodes(json, Infinity));
      }),
      { numRuns: 1_000 },
    );
  });

  test("a Buffer comes back as a Uint8Array of its own memory", () => {
    const back = decodeText(encodeText(Buffer.from("hello").subarray(1, 3)));
    expect(back).toStrictEqual(new Uint8Array([101, 108]));
    expect((back as Uint8Array).buffer.byteLength).toBe(2);
  });

  test("an object that is used twice comes back as two copies", () => {
    const shared = { a: 1 };
    const back = decodeText(encodeText([shared, shared])) as object[];
    expect(back).toStrictEqual([{ a: 1 }, { a: 1 }]);
    expect(back[0]).not.toBe(back[1]);
  });

  test("plain data of another realm is plain data", () => {
    const foreign: unknown = runInContext(
      "({ a: [1, { b: new Date(0) }], m: new Map([[1, new Set([/x/g])]]), e: new RangeError('no') })",
      createContext({}),
    );
    expect(encodeText(foreign)).toBe(
      '{"a":[1,{"b":{"$date":0}}],"m":{"$map":[[1,{"$set":[{"$regexp":["x","g"]}]}]]},"e":{"$error":{"name":"RangeError","message":"no"}}}',
    );
  });

  test("an error comes back without the stack it had, and prints as name and message", () => {
    const back = decodeText(encodeText(new RangeError("too far"))) as Error;
    expect(back).toBeInstanceOf(Error);
    expect(Object.getPrototypeOf(back)).toBe(Error.prototype);
    expect({ name: back.name, stack: back.stack, keys: Object.keys(back) }).toStrictEqual({
      name: "RangeError",
      stack: "RangeError: too far",
      keys: [],
    });
  });

  test("a cause is kept whatever it is, and none is not made up", () => {
    expect(encodeText(new Error("a"))).toBe('{"$error":{"name":"Error","message":"a"}}');
    for (const cause of [undefined, null, 0, "", new Date(0)]) {
      const back = decodeText(encodeText(new Error("a", { cause }))) as Error;
      expect(Object.hasOwn(back, "cause")).toBe(true);
      expect(back.cause).toStrictEqual(cause);
    }
  });

  test("an error with strange fields is kept as far as they are text", () => {
    const error = Object.assign(new Error("a"), { name: 1, message: {}, code: Number.NaN });
    expect(encodeText(error)).toBe('{"$error":{"name":"Error","message":""}}');
  });

  test("a RegExp goes on where it stood", () => {
    const regexp = /a/g;
    regexp.lastIndex = 2;
    const text = encodeText(regexp);
    expect(text).toBe('{"$regexp":["a","g",2]}');
    expect((decodeText(text) as RegExp).lastIndex).toBe(2);
  });

  test("an accessor is read once, and kept as data", () => {
    let reads = 0;
    const state = {
      get now() {
        reads += 1;
        return reads === 1 ? 1 : () => 2;
      },
    };
    expect(encodeText(state)).toBe('{"now":1}');
    expect(reads).toBe(1);
  });

  test("a plain Proxy is kept as what it shows", () => {
    expect(encodeText(new Proxy({ a: new Proxy([1], {}) }, {}))).toBe('{"a":[1]}');
  });
});
