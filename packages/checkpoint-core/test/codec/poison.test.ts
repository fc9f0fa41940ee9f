import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeText, encodeText } from "../../src/codec/text.ts";
import { StorageError } from "../../src/errors.ts";
import { codeOf } from "./failure.ts";
import { values } from "./values.ts";

describe("poisoned text", () => {
  const poisons: readonly (readonly [string, string])[] = [
    ["", "CORRUPT"],
    ["{", "CORRUPT"],
    ["[1,]", "CORRUPT"],
    ['{"$function":"process.exit()"}', "INCOMPATIBLE"],
    ['{"$":1}', "INCOMPATIBLE"],
    ['{"$constructor":1}', "INCOMPATIBLE"],
    ['{"$__proto__":1}', "INCOMPATIBLE"],
    ['{"$date":1,"$map":[]}', "CORRUPT"],
    ['{"a":1,"$date":1}', "CORRUPT"],
    ['{"$date":"2020-01-01"}', "CORRUPT"],
    ['{"$date":1e300}', "CORRUPT"],
    ['{"$bytes":"a"}', "CORRUPT"],
    ['{"$bytes":{"length":1e9}}', "CORRUPT"],
    ['{"$bigint":"1e9"}', "CORRUPT"],
    ['{"$bigint":" 1"}', "CORRUPT"],
    ['{"$number":"1"}', "CORRUPT"],
    ['{"$undefined":false}', "CORRUPT"],
    ['{"$hole":true}', "INCOMPATIBLE"],
    ['[{"$hole":1}]', "INCOMPATIBLE"],
    ['{"$map":{}}', "CORRUPT"],
    ['{"$map":[[1]]}', "CORRUPT"],
    ['{"$map":[[1,2,3]]}', "CORRUPT"],
    ['{"$set":{"length":3}}', "CORRUPT"],
    ['{"$url":"nowhere"}', "CORRUPT"],
    ['{"$url":{"href":"http://a"}}', "CORRUPT"],
    ['{"$regexp":["(","g"]}', "CORRUPT"],
    ['{"$regexp":["a","zz"]}', "CORRUPT"],
    ['{"$regexp":"a"}', "CORRUPT"],
    ['{"$error":{"name":"E"}}', "CORRUPT"],
    ['{"$error":{"name":"E","message":"m","stack":"x"}}', "CORRUPT"],
    ['{"$error":{"name":"E","message":"m","code":{}}}', "CORRUPT"],
    ['{"$error":{"name":"E","message":"m","__proto__":{}}}', "CORRUPT"],
    ['{"$null":[]}', "CORRUPT"],
    ['{"$null":{"$date":0}}', "CORRUPT"],
    ['{"$entries":{"a":1}}', "CORRUPT"],
    ['{"$entries":[["a"]]}', "CORRUPT"],
    ['{"$entries":[["a",1,2]]}', "CORRUPT"],
    ['{"$entries":[[1,2]]}', "CORRUPT"],
    ['{"$entries":[["a",1],["a",2]]}', "CORRUPT"],
    ['{"$entries":[["$date",1]]}', "CORRUPT"],
    ['{"$entries":[["a",1]],"b":2}', "CORRUPT"],
    ['{"$null":{"$entries":[["a"]]}}', "CORRUPT"],
  ];

  test.each(poisons)("%s is %s", (text, code) => {
    expect(codeOf(() => decodeText(text))).toBe(code);
  });

  test("a key chooses no prototype, and nothing is polluted", () => {
    const text = '{"__proto__":{"polluted":1},"$null":2}';
    expect(codeOf(() => decodeText(text))).toBe("CORRUPT");
    for (const poison of [
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
      '{"$$a":1,"__proto__":{"polluted":1}}',
    ]) {
      const back = decodeText(poison) as { polluted?: unknown };
      expect(back.polluted).toBeUndefined();
      expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
      expect(Object.hasOwn(back, "__proto__")).toBe(true);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test("any JSON and any mangled text gives a value or a typed error", () => {
    const anyJson = fc.json({ maxDepth: 4 });
    const mangled = fc
      .tuple(values, fc.nat(), fc.constantFrom("$", '"', "{", "}", "[", ":", "null", "1"))
      .map(([value, at, insert]) => {
        const text = encodeText(value);
        const cut = at % (text.length + 1);
        return text.slice(0, cut) + insert + text.slice(cut + 1);
      });
    fc.assert(
      fc.property(fc.oneof(anyJson, mangled), (text) => {
        try {
          const value = decodeText(text);
          const again = encodeText(value);
          expect(encodeText(decodeText(again))).toBe(again);
        } catch (error) {
          expect(error).toBeInstanceOf(StorageError);
          expect(["CORRUPT", "INCOMPATIBLE"]).toContain((error as StorageError).code);
        }
      }),
      { numRuns: 3_000 },
    );
    expect(Object.keys(Object.prototype)).toStrictEqual([]);
  });
});
