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

/** Whether the 16 bytes at the beginning are, in ASCII, the {@link checksumOf} of these bytes: of all that is read, so without a string. */
export function isChecksumOf(checksum: Uint8Array, bytes: Uint8Array): boolean {
  return (
    isHex(checksum, 0, crc32(bytes, NO_NAMES)) && isHex(checksum, HEX_DIGITS, bytes.byteLength)
  );
}

function isHex(bytes: Uint8Array, at: number, word: number): boolean {
  for (let digit = 0; digit < HEX_DIGITS; digit += 1) {
    const nibble = (word >>> (4 * (HEX_DIGITS - 1 - digit))) & 15;
    if (bytes[at + digit] !== nibble + (nibble < 10 ? ZERO : LETTER_A - 10)) return false;
  }
  return true;
}

const NO_NAMES = crc32("[]");
const HEX_DIGITS = 8;
const [ZERO, LETTER_A] = [48, 97];

function hex(word: number): string {
  return word.toString(16).padStart(HEX_DIGITS, "0");
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
