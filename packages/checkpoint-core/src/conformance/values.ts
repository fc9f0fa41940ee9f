/** A kind of value that agents keep: it must come back as it was, or be refused before anything is written. */
export interface ValueKind {
  readonly name: string;
  /** Makes a fresh one. */
  readonly make: () => unknown;
}

/** The kinds of values that a state, a tool's result or a message can hold. Each has been lost or changed by some store. */
export const valueKinds: readonly ValueKind[] = [
  kind("json", () => ({ a: [1, "x", true, null, { b: 1.5e-7 }], "": [], e: {} })),
  kind("text", () => '\u00e9e\u0301 \ud83d\ude00 \u6f22 \ufeff\u2028 "\\ </script>'),
  kind("nul", () => "a\u0000b"),
  kind("lone-surrogates", () => ["\ud83d", "\ude00", "a\ud800b"]),
  kind("undefined", () => ({ a: undefined, b: [undefined] })),
  kind("hole", () => {
    const list = [1];
    list[2] = 3;
    return list;
  }),
  kind("nan", () => Number.NaN),
  kind("infinities", () => [Infinity, -Infinity]),
  kind("minus-zero", () => -0),
  kind("large-numbers", () => [Number.MAX_SAFE_INTEGER, Number.MIN_VALUE, Number.MAX_VALUE]),
  kind("bigint", () => 12345678901234567890n),
  kind("date", () => new Date(1_700_000_000_123)),
  kind("invalid-date", () => new Date(Number.NaN)),
  kind("bytes", () => Uint8Array.of(137, 80, 78, 71, 0, 255)),
  kind(
    "map",
    () =>
      new Map<unknown, unknown>([
        ["a", 1],
        [{ k: 1 }, new Date(0)],
      ]),
  ),
  kind("set", () => new Set<unknown>([1, "1", { a: 1 }])),
  kind("url", () => new URL("https://user@example.com:8080/a%20b?c=d#e")),
  kind("regexp", () => /a[/]\n"/giu),
  kind("error", () =>
    Object.assign(new RangeError("too far", { cause: { at: 3 } }), { code: "E1" }),
  ),
  kind("null-prototype", () => Object.assign(Object.create(null) as object, { a: 1 })),
  kind("proto-key", () => JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') as unknown),
  kind("tag-like", () => ({ $date: 1, lc: 1, type: "constructor", id: ["x"], $map: [], $$a: 1 })),
  kind("numeric-keys", () => ({ "2": "b", "1": "a", "-1": "c", "01": "d" })),
  kind("deep", () => {
    let value: unknown = "bottom";
    for (let depth = 0; depth < 100; depth += 1) value = depth % 2 ? [value] : { value };
    return value;
  }),
  kind("function", () => () => "lost by JSON"),
  kind("symbol", () => Symbol("lost by JSON")),
  kind("class-instance", () => new Money(5)),
  kind("cycle", () => {
    const value: { self?: unknown } = {};
    value.self = value;
    return value;
  }),
];

class Money {
  readonly cents: number;
  constructor(cents: number) {
    this.cents = cents;
  }
}

function kind(name: string, make: () => unknown): ValueKind {
  return { name, make };
}

/**
 * A value as plain data in which every difference that matters shows: types, holes, `undefined`, signs of zero. Order of keys does not; of an error, name,
 * message, code and cause count.
 */
export function portrait(value: unknown, inside: readonly unknown[] = []): unknown {
  if (typeof value === "function" || typeof value === "symbol") return [`a ${typeof value}`];
  if (typeof value !== "object" || value === null)
    return Object.is(value, -0) ? ["-0"] : [typeof value, String(value)];
  if (inside.includes(value)) return ["a cycle"];
  return portraitOfObject(value, (child) => portrait(child, [...inside, value]));
}

function portraitOfObject(value: object, of: (child: unknown) => unknown): unknown {
  return portraitOfBuiltIn(value) ?? portraitOfHolder(value, of) ?? portraitOfRecord(value, of);
}

function portraitOfBuiltIn(value: object): unknown {
  if (value instanceof Date) return ["Date", String(value.getTime())];
  if (value instanceof Uint8Array) return ["Uint8Array", Buffer.from(value).toString("hex")];
  if (value instanceof URL) return ["URL", value.href];
  return value instanceof RegExp ? ["RegExp", value.source, value.flags] : undefined;
}

function portraitOfHolder(value: object, of: (child: unknown) => unknown): unknown {
  if (value instanceof Map) return ["Map", [...value].map(([key, item]) => [of(key), of(item)])];
  if (value instanceof Set) return ["Set", [...value].map(of)];
  if (!(value instanceof Error)) return undefined;
  const code = "code" in value ? value.code : undefined;
  return ["Error", value.name, value.message, of(code), of(value.cause)];
}

function portraitOfRecord(value: object, of: (child: unknown) => unknown): unknown {
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name: string } } | null;
  const entries = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return [
    prototype?.constructor?.name ?? "no prototype",
    Array.isArray(value) ? value.length : 0,
    entries.map(([key, item]) => [key, of(item)]),
  ];
}
