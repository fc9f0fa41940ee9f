import { isUtf8 } from "node:buffer";
import { IncompatibleError, StorageError } from "../errors.ts";
import { type Bounds, boundedBytes, boundsOf, tooManyBytes } from "./bounds.ts";
import { firstOf, MOST_SHARED, roomFor } from "./room.ts";

/*
 * Every value in a backend is an envelope. What flags 0 writes never changes; a flag adds its fields between the flags and the payload, in the order of the bits, so that
 * a reader of this version refuses what it cannot read and misreads nothing.
 *
 * | bytes | field | when | |
 * |---|---|---|---|
 * | 1 | version | always | 1 |
 * | 1 | flags | always | bit 0 compressed, bit 1 encrypted, bit 2 goes on in pieces, bit 3 appended; bits 4-7 are 0 |
 * | 4 | size | bit 0 | bytes of the payload before compression, big-endian; bounded before anything is inflated |
 * | 1 | key id length | bit 1 | 1 to 255 |
 * | n | key id | bit 1 | UTF-8 |
 * | 4 | key check | bit 1 | derived from the master key: tells another key of the same id from damage |
 * | 12 | nonce | bit 1 | random, one for each envelope |
 * | 12 | upload | bit 2 | random: the rest of the payload stands under `p/<upload in base64url>/<number>`, each piece an envelope of its own |
 * | 4, 4 | pieces, bytes | bit 2 | how many they are, and the bytes of payload in them, big-endian |
 * | 4, 4 | checksums | bit 2 | CRC-32 of the payload's part here, before encryption, and of that in the pieces |
 * | rest | payload | always | the bytes; with bit 0 a zstd frame of them; with bit 2 the beginning of that; with bit 1 AES-256-GCM of that |
 * | 16 | authentication tag | bit 1 | over the payload, every byte before it, and what is not stored: the partition's name, NUL, the record's key. With bit 3 the key without the 20 characters that the engine gave an append |
 *
 * Stores make and read flags 0, which is what this file does; the other flags come and go at the partition's door (`header.ts`, `compress.ts`, `store/sealing`, `store/pieces`).
 */
const version = 1;
const headerBytes = 2;
const knownFlags = 0;
const encoder = new TextEncoder();

/**
 * An envelope of a text, given in any number of parts, as UTF-8. Throws `UNSUPPORTED_VALUE` for lone surrogates, which UTF-8 cannot say (texts of the codec
 * have none), `TOO_LARGE` beyond the bound on bytes.
 */
export function sealText(text: string | readonly string[], bounds?: Partial<Bounds>): Uint8Array {
  const limits = boundsOf(bounds);
  const parts = typeof text === "string" ? [text] : text;
  let units = 0;
  for (const part of parts) units += part.length;
  const most = UNIT_BYTES * units;
  // Counting the bytes of a short text would take as long as writing them.
  if (most <= MOST_SHARED - headerBytes && most <= limits.bytes) {
    const sealed = header(most);
    return firstOf(sealed, fill(sealed, parts));
  }
  let bytes = 0;
  for (const part of parts) bytes += boundedBytes(part, limits);
  if (bytes > limits.bytes) throw tooManyBytes(bytes, limits);
  const sealed = header(bytes);
  fill(sealed, parts);
  return sealed;
}

/** The most bytes that a unit of UTF-16 takes in UTF-8. */
const UNIT_BYTES = 3;

/** Writes texts behind the header; returns where they end. */
function fill(sealed: Uint8Array, parts: readonly string[]): number {
  let at = headerBytes;
  for (const part of parts) {
    if (!isWellFormed(part)) {
      throw new StorageError("UNSUPPORTED_VALUE", "The text holds a lone surrogate.");
    }
    at += encoder.encodeInto(part, sealed.subarray(at)).written;
  }
  return at;
}

/** An envelope of bytes. Throws `TOO_LARGE` beyond the bound on bytes. */
export function sealBytes(payload: Uint8Array, bounds?: Partial<Bounds>): Uint8Array {
  const limits = boundsOf(bounds);
  if (payload.byteLength > limits.bytes) throw tooManyBytes(payload.byteLength, limits);
  const sealed = header(payload.byteLength);
  sealed.set(payload, headerBytes);
  return sealed;
}

/** The text of an envelope. Throws as {@link openBytes}, and `CORRUPT` where the payload is not UTF-8. */
export function openEnvelope(sealed: Uint8Array, bounds?: Partial<Bounds>): string {
  return textOfBytes(openBytes(sealed, bounds));
}

/**
 * The payload of an envelope, without a copy of it. Throws `INCOMPATIBLE` for a newer version or a flag that this one does not
 * know, `CORRUPT` for what is no envelope, `TOO_LARGE` beyond the bound on bytes.
 */
export function openBytes(sealed: Uint8Array, bounds?: Partial<Bounds>): Uint8Array {
  const limits = boundsOf(bounds);
  const [found, flags] = sealed;
  if (found === undefined || flags === undefined || found === 0) {
    throw new StorageError("CORRUPT", "The stored bytes are not an envelope.");
  }
  if (found > version) {
    throw new IncompatibleError(
      `The stored bytes are of envelope version ${found}; this version reads up to ${version}.`,
    );
  }
  if ((flags & ~knownFlags) !== 0) {
    throw new IncompatibleError(
      `The stored bytes use a feature that this version does not know (flags ${flags}).`,
    );
  }
  const payload = sealed.subarray(headerBytes);
  if (payload.byteLength > limits.bytes) throw tooManyBytes(payload.byteLength, limits);
  return payload;
}

/** The text that UTF-8 bytes say; `CORRUPT` where they are not UTF-8. */
export function textOfBytes(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new StorageError("CORRUPT", "The stored text is not UTF-8.");
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

// In every Node since 20, and 8x faster than a search; the compiler's ES2023 does not know it yet.
function isWellFormed(text: string & { isWellFormed?: () => boolean }): boolean {
  return text.isWellFormed?.() ?? !/\p{Surrogate}/u.test(text);
}

function header(payloadBytes: number): Uint8Array {
  const sealed = roomFor(headerBytes + payloadBytes);
  sealed[0] = version;
  return sealed;
}
