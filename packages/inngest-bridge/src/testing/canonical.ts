/** JSON as the server keeps it: a value that `JSON.parse` can give. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** The server refuses to send a lone surrogate; the message is the one its log shows. */
export class CanonicalError extends Error {
  override readonly name = "CanonicalError";
}

const loneSurrogate = /\p{Surrogate}/u;
const loneSurrogates = /\p{Surrogate}/gu;

/**
 * The text of `value` with object keys sorted by UTF-16 unit, as RFC 8785 (JCS) asks.
 * Throws `CanonicalError` at a lone surrogate in a string or a key.
 */
export function canonicalText(value: Json): string {
  if (typeof value === "string") return canonicalString(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) return `[${value.map((item) => canonicalText(item)).join(",")}]`;
  const fields = Object.keys(value)
    .toSorted()
    .flatMap((key) => {
      const item = value[key];
      return item === undefined ? [] : [`${canonicalString(key)}:${canonicalText(item)}`];
    });
  return `{${fields.join(",")}}`;
}

/** The same value with every lone surrogate replaced by U+FFFD, which is what a decoded Go string holds. */
export function wellFormed<T extends Json>(value: T): T {
  return replaceIn(value) as T;
}

export function isObject(value: unknown): value is { readonly [key: string]: Json | undefined } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A field that should be text; anything else is as good as absent. */
export function textOf(value: unknown, otherwise = ""): string {
  return typeof value === "string" ? value : otherwise;
}

/** Number of bytes of a text in UTF-8. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function canonicalString(text: string): string {
  if (loneSurrogate.test(text)) throw new CanonicalError("Missing surrogate");
  return JSON.stringify(text);
}

function replaceIn(value: Json): Json {
  if (typeof value === "string") return value.replaceAll(loneSurrogates, "\uFFFD");
  if (value === null || typeof value !== "object") return value;
  if (isList(value)) return value.map((item) => replaceIn(item));
  const fields = Object.entries(value).flatMap(([key, item]) =>
    item === undefined
      ? []
      : [[key.replaceAll(loneSurrogates, "\uFFFD"), replaceIn(item)] as const],
  );
  return Object.fromEntries(fields);
}
