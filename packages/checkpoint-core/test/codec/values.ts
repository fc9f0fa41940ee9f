import * as fc from "fast-check";

const hostileKeys = fc.constantFrom(
  "__proto__",
  "constructor",
  "toJSON",
  "hasOwnProperty",
  "length",
  "$",
  "$$",
  "$date",
  "$$date",
  "$null",
  "$hole",
  "$map",
  "$entries",
  "\ud800",
  "\udc00x",
  "\n",
  "\\",
  '"',
  "a\0b",
  "",
  "0",
  "10",
  "messages",
);

export const strings: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc
    .array(fc.integer({ min: 0xd7f0, max: 0xe010 }), { maxLength: 5 })
    .map((units) => String.fromCharCode(...units)),
  fc.constantFrom('{"$date":0}', "$5", "\u2028", '"\\'),
);

export const keys: fc.Arbitrary<string> = fc.oneof(hostileKeys, strings);

function objectOf(
  entries: readonly (readonly [string, unknown])[],
  prototype: object | null,
): object {
  const out = Object.create(prototype) as object;
  for (const [key, value] of entries) {
    Object.defineProperty(out, key, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return out;
}

function sparse(items: readonly unknown[], holes: readonly boolean[]): unknown[] {
  const out: unknown[] = [];
  out.length = items.length;
  items.forEach((item, index) => {
    if (!holes[index]) out[index] = item;
  });
  return out;
}

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    strings,
    fc.oneof(fc.double(), fc.integer(), fc.constantFrom(-0, Number.NaN, Infinity, -Infinity)),
    fc.constantFrom(null, undefined, true, false),
    fc.bigInt(),
    fc.date({ noInvalidDate: false }),
    fc.uint8Array({ maxLength: 9 }),
    fc.constantFrom(new URL("https://u:p@example.com:8080/ä?q=%20#x"), new URL("data:,a b")),
    fc.constantFrom(/a[/]\n"/g, new RegExp("\\p{L}+", "vy"), new RegExp("")),
    fc
      .record(
        {
          message: strings,
          name: strings,
          code: fc.oneof(strings, fc.integer()),
          cause: tie("value"),
        },
        { requiredKeys: ["message"] },
      )
      .map(({ message, ...more }) => {
        const error = new Error(message, "cause" in more ? { cause: more.cause } : {});
        if (more.name !== undefined) error.name = more.name;
        return more.code === undefined ? error : Object.assign(error, { code: more.code });
      }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc
      .tuple(fc.array(tie("value"), { maxLength: 4 }), fc.array(fc.boolean(), { maxLength: 4 }))
      .map(([items, holes]) => sparse(items, holes)),
    fc
      .tuple(
        fc.array(fc.tuple(keys, tie("value")), { maxLength: 4 }),
        fc.constantFrom(Object.prototype, Object.prototype, null),
      )
      .map(([entries, prototype]) => objectOf(entries, prototype)),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 3 }).map((pairs) => new Map(pairs)),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => new Set(items)),
  ),
}));

/** Any value that the codec keeps, hostile keys and strings more often than life has them. */
export const values: fc.Arbitrary<unknown> = value;
