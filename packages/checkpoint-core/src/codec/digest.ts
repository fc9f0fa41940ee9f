import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { type Bounds, boundsOf } from "./bounds.ts";
import { isList, itemsOf, type Json, setOwn } from "./json.ts";
import { fieldsOfPairs } from "./pairs.ts";
import { printJson } from "./text.ts";
import { toJson } from "./write.ts";

/**
 * SHA-256, in hex, of the text of a value with the keys of its objects in the order of their UTF-16 units. Two values have one digest exactly when they are
 * equal but for the order of keys (the order of a Map or a Set counts, a key with `undefined` is not a missing key). It does not change between versions: approvals are bound to
 * it. Throws as `encodeText` does.
 */
export function digestOf(value: unknown, bounds?: Partial<Bounds>): string {
  const limits = boundsOf(bounds);
  const text = printJson(sorted(toJson(value, limits).json), limits);
  return createHash("sha256").update(text).digest("hex");
}

/**
 * A checksum of bytes and of the names that go with them, in 16 hex digits. It finds damage, not malice (that is what encryption is for), and over 200 KB costs a small part
 * of a SHA-256: it is in every read and write. CRC-32 finds every burst of up to 32 bits, the length every cut.
 */
export function checksumOf(bytes: Uint8Array, names: readonly (string | undefined)[] = []): string {
  const prefix =
    names.length === 0 ? NO_NAMES : crc32(JSON.stringify(names.map((name) => name ?? null)));
  return hex(crc32(bytes, prefix)) + hex(bytes.byteLength);
}

const NO_NAMES = crc32("[]");

function hex(word: number): string {
  return word.toString(16).padStart(8, "0");
}

function sorted(json: Json): Json {
  if (typeof json !== "object" || json === null) return json;
  if (isList(json)) return itemsOf(json).map(sorted);
  // Nobody parses this text, so keys stand in it as they are.
  const fields = fieldsOfPairs(json) ?? json;
  const out = {};
  for (const key of Object.keys(fields).toSorted()) setOwn(out, key, sorted(fields[key] ?? null));
  return out;
}
