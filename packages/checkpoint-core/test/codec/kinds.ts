/** A kind of value that every store gives back as it was. */
export interface ValueKind {
  readonly kind: string;
  /** A fresh value of the kind. */
  readonly sample: () => unknown;
  /** What it is written as: one text, for ever. */
  readonly text: string;
}

/** The kinds of value that are kept, all 24. What is none of them is refused before anything is written. */
export const valueKinds: readonly ValueKind[] = [
  { kind: "null and booleans", sample: () => [null, true, false], text: "[null,true,false]" },
  { kind: "numbers", sample: () => [0, -1.5, 5e-324, 1e21], text: "[0,-1.5,5e-324,1e+21]" },
  { kind: "strings", sample: () => "Zoë 👋 \u2028", text: '"Zoë 👋 \u2028"' },
  { kind: "NUL in strings", sample: () => "a\0b", text: String.raw`"a\u0000b"` },
  {
    kind: "lone surrogates in strings and keys",
    sample: () => ({ "\udc00": "\ud800" }),
    text: String.raw`{"$entries":[["\udc00","\ud800"]]}`,
  },
  { kind: "arrays", sample: () => [1, [2, []]], text: "[1,[2,[]]]" },
  { kind: "objects, in key order", sample: () => ({ b: 1, a: {} }), text: '{"b":1,"a":{}}' },
  {
    kind: "objects without a prototype",
    sample: () => Object.assign(Object.create(null) as object, { a: 1 }),
    text: '{"$null":{"a":1}}',
  },
  {
    kind: "keys that mean something to the language",
    sample: () => JSON.parse('{"__proto__":{"a":1},"constructor":2,"toJSON":3}') as unknown,
    text: '{"__proto__":{"a":1},"constructor":2,"toJSON":3}',
  },
  {
    kind: "keys that JSON has to escape",
    sample: () => ({ $a: 1, "\n": { "\\": [{ '"': 2 }] } }),
    text: String.raw`{"$entries":[["$$a",1],["\n",{"$entries":[["\\",[{"$entries":[["\"",2]]}]]]}]]}`,
  },
  {
    kind: "data that looks like a tag",
    sample: () => ({ $date: 1, $$date: 2, $: 3 }),
    text: '{"$$date":1,"$$$date":2,"$$":3}',
  },
  {
    kind: "undefined",
    sample: () => ({ a: undefined, b: [undefined] }),
    text: '{"a":{"$undefined":true},"b":[{"$undefined":true}]}',
  },
  {
    kind: "holes in arrays",
    sample: () => Object.assign([], { 1: 1, length: 3 }),
    text: '[{"$hole":true},1,{"$hole":true}]',
  },
  { kind: "NaN", sample: () => Number.NaN, text: '{"$number":"NaN"}' },
  {
    kind: "infinities",
    sample: () => [Infinity, -Infinity],
    text: '[{"$number":"Infinity"},{"$number":"-Infinity"}]',
  },
  { kind: "negative zero", sample: () => -0, text: '{"$number":"-0"}' },
  {
    kind: "BigInt",
    sample: () => [0n, -12345678901234567890n],
    text: '[{"$bigint":"0"},{"$bigint":"-12345678901234567890"}]',
  },
  {
    kind: "Date, also an invalid one",
    sample: () => [new Date(1_700_000_000_000), new Date(Number.NaN)],
    text: '[{"$date":1700000000000},{"$date":null}]',
  },
  {
    kind: "Uint8Array",
    sample: () => new Uint8Array([0, 137, 255]),
    text: '{"$bytes":"AIn/"}',
  },
  {
    kind: "Map",
    sample: () => new Map<unknown, unknown>([[{ a: 1 }, new Date(0)]]),
    text: '{"$map":[[{"a":1},{"$date":0}]]}',
  },
  { kind: "Set", sample: () => new Set([1, "1"]), text: '{"$set":[1,"1"]}' },
  {
    kind: "URL",
    sample: () => new URL("https://example.com/a?b=c#d"),
    text: '{"$url":"https://example.com/a?b=c#d"}',
  },
  {
    kind: "RegExp, as data",
    sample: () => /a\/"+/giu,
    text: String.raw`{"$regexp":["a\\/\"+","giu"]}`,
  },
  {
    kind: "Error, without its stack",
    sample: () =>
      Object.assign(new TypeError("no answer", { cause: new Error("socket") }), { code: "E_NET" }),
    text: '{"$error":{"name":"TypeError","message":"no answer","code":"E_NET","cause":{"$error":{"name":"Error","message":"socket"}}}}',
  },
];
