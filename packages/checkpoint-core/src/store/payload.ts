import { digestOf } from "../codec/digest.ts";

/** The digest of an object, field by field: each may be as large and as deep as what is stored may be. A field that is `undefined` is as good as none. */
export function digestOfParts(parts: object): string {
  const given = Object.entries(parts).filter(([, value]) => value !== undefined);
  return digestOf(Object.fromEntries(given.map(([name, value]) => [name, digestOf(value)])));
}

/** The digests of objects, each field by field. What is none is taken as it is: whoever stores it refuses it. */
export function digestsOf(list: readonly unknown[]): readonly string[] {
  return digestOfEach(list, (one) =>
    typeof one === "object" && one !== null ? digestOfParts(one) : digestOf(one),
  );
}

/** The digests of values. */
export function digestOfEach(
  list: readonly unknown[],
  digest: (value: unknown) => string = (value) => digestOf(value),
): readonly string[] {
  return Array.isArray(list) ? Array.from(list, digest) : [digestOf(list)];
}
