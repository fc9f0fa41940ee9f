import { createHash } from "node:crypto";
import { type Bounds, boundsOf } from "./bounds.ts";
import { isList, itemsOf, type Json, setOwn } from "./json.ts";
import { fieldsOfPairs } from "./pairs.ts";
import { printJson } from "./text.ts";
import { toJson } from "./write.ts";
import { crc32 } from "./zlib.ts";

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
 * Writes a checksum of bytes into the 16 before them, or wherever there is room: the CRC-32 and the length, in hex. It finds damage, not malice (that is what encryption is for), and over 200 KB costs
 * a small part of a SHA-256: it is in every read and write. CRC-32 finds every burst of up to 32 bits, the length every cut.
 */
export function writeChecksum(checksum: Uint8Array, bytes: Uint8Array): void {
  writeHex(checksum, 0, crc32(bytes, SEED));
  writeHex(checksum, HEX_DIGITS, bytes.byteLength);
}

/** Whether the 16 bytes at the beginning are what {@link writeChecksum} writes for these bytes. */
export function isChecksumOf(checksum: Uint8Array, bytes: Uint8Array): boolean {
  return isHex(checksum, 0, crc32(bytes, SEED)) && isHex(checksum, HEX_DIGITS, bytes.byteLength);
}

function writeHex(bytes: Uint8Array, at: number, word: number): void {
  for (let digit = 0; digit < HEX_DIGITS; digit += 1) bytes[at + digit] = digitOf(word, digit);
}

function isHex(bytes: Uint8Array, at: number, word: number): boolean {
  for (let digit = 0; digit < HEX_DIGITS; digit += 1)
    if (bytes[at + digit] !== digitOf(word, digit)) return false;
  return true;
}

/** A digit of a word in ASCII, the highest first. */
function digitOf(word: number, digit: number): number {
  const nibble = (word >>> (4 * (HEX_DIGITS - 1 - digit))) & 15;
  return nibble + (nibble < 10 ? ZERO : LETTER_A - 10);
}

/** What the CRC of every stored checksum begins with. */
const SEED = crc32("[]");
const HEX_DIGITS = 8;
const [ZERO, LETTER_A] = [48, 97];

function sorted(json: Json): Json {
  if (typeof json !== "object" || json === null) return json;
  if (isList(json)) return itemsOf(json).map(sorted);
  // Nobody parses this text, so keys stand in it as they are.
  const fields = fieldsOfPairs(json) ?? json;
  const out = {};
  for (const key of Object.keys(fields).toSorted()) setOwn(out, key, sorted(fields[key] ?? null));
  return out;
}
