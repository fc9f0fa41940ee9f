import { isList, isObject, itemsOf, type Json, type JsonObject, setOwn } from "./json.ts";

/*
 * Objects whose keys JSON has to escape. V8 13.6 (Node 24) can take such a key for another one while it parses: after an object of the same
 * shape, `{"x":1,"\n":2}` comes back with the other object's key. So no text of ours has an escape in a key: such an object is written as a list of pairs.
 */

/** The tag of an object that is written as a list of pairs. */
export const PAIRS = "$entries";

// With the flag "u" the surrogates are the lone ones. Controls above U+001F are among them for the sake of a short rule.
const escaped = /["\\\p{Cc}\p{Cs}]/u;

/** True where JSON may have to escape something in this key. */
export function isEscaped(key: string): boolean {
  return escaped.test(key);
}

/** An object's fields, keys as they are written, in the form in which they are stored. */
export function objectOf(fields: JsonObject): JsonObject {
  return Object.keys(fields).some(isEscaped) ? { [PAIRS]: Object.entries(fields) } : fields;
}

/** The fields of an object that is written as a list of pairs; `undefined` for every other value, and for what is no list of pairs. */
export function fieldsOfPairs(json: Json | undefined): JsonObject | undefined {
  const pairs = isObject(json) && Object.hasOwn(json, PAIRS) ? json[PAIRS] : undefined;
  if (!isList(pairs)) return undefined;
  const fields = {};
  for (const pair of itemsOf(pairs)) {
    const [key, value, ...more] = isList(pair) ? itemsOf(pair) : [];
    if (typeof key !== "string" || value === undefined || more.length > 0) return undefined;
    setOwn(fields, key, value);
  }
  return Object.keys(fields).length === pairs.length ? fields : undefined;
}

/** What an object's form adds to the text and to the count of values, over the plain one. */
export function extraOf(fields: JsonObject): { readonly bytes: number; readonly nodes: number } {
  if (!Object.keys(fields).some(isEscaped)) return { bytes: 0, nodes: 0 };
  const size = Object.keys(fields).length;
  return {
    bytes: `{"${PAIRS}":[]}`.length - "{}".length + size * ("[,]".length - ":".length),
    nodes: 1 + 2 * size,
  };
}
