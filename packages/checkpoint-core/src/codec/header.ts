import { isUtf8 } from "node:buffer";
import { IncompatibleError, StorageError } from "../errors.ts";

/** What stands between an envelope's version and its payload; the table is in `envelope.ts`. */
export interface Header {
  /** Bit 0: bytes of the payload before compression. */
  readonly size?: number;
  /** Bit 1: what it is encrypted with. */
  readonly lock?: Lock;
  /** Bit 2: where the rest of the payload stands. */
  readonly spill?: Spill;
  /** Bit 3: the record was appended, so the end of its key is the engine's and was not known when it was sealed. */
  readonly appended?: boolean;
}

/** Which key an envelope is encrypted with, and how. */
export interface Lock {
  /** 1 to 255 bytes of UTF-8. */
  readonly keyId: string;
  /** 4 bytes that tell whether the key of that id is the one that it was. */
  readonly check: Uint8Array;
  /** 12 random bytes. */
  readonly nonce: Uint8Array;
}

/** The part of a payload that stands in pieces. */
export interface Spill {
  /** 12 bytes, as 16 characters of base64url. */
  readonly upload: string;
  readonly pieces: number;
  /** Bytes in all pieces. */
  readonly bytes: number;
  /** CRC-32 of what the envelope itself holds, and of what the pieces hold. */
  readonly leadSum: number;
  readonly restSum: number;
}

/** A header as it was read, and its length in bytes. */
export interface ReadHeader {
  readonly header: Header;
  readonly length: number;
}

/** The version of every envelope. */
const VERSION = 1;
/** Bytes before the fields: version and flags. */
const PLAIN_HEADER_BYTES = 2;
/** Bytes of the authentication tag behind an encrypted payload. */
export const TAG_BYTES = 16;
const SIZE_BYTES = 4;
const CHECK_BYTES = 4;
const NONCE_BYTES = 12;
const UPLOAD_BYTES = 12;
const SPILL_BYTES = UPLOAD_BYTES + 4 * 4;
const knownFlags = 0b1111;

/** Bytes of the header, those of the tag included where it is encrypted: what an envelope adds to its payload. */
export function overheadOf({
  compressed = false,
  keyId,
  spilled = false,
}: {
  readonly compressed?: boolean;
  readonly keyId?: string | undefined;
  readonly spilled?: boolean;
}): number {
  return (
    PLAIN_HEADER_BYTES +
    (compressed ? SIZE_BYTES : 0) +
    (keyId === undefined
      ? 0
      : 1 + Buffer.byteLength(keyId) + CHECK_BYTES + NONCE_BYTES + TAG_BYTES) +
    (spilled ? SPILL_BYTES : 0)
  );
}

/** The first bytes of an envelope, and room for `payload` bytes behind them. */
export function writeHeader(header: Header, payload: number): Buffer {
  const { size, lock, spill } = header;
  const compressed = size !== undefined;
  const length = overheadOf({ compressed, keyId: lock?.keyId, spilled: spill !== undefined });
  const bytes = Buffer.allocUnsafe(length + payload);
  bytes[0] = VERSION;
  bytes[1] = flagsFor(header);
  let at = PLAIN_HEADER_BYTES;
  if (size !== undefined) at = bytes.writeUInt32BE(size, at);
  if (lock) at = writeLock(bytes, lock, at);
  if (spill) writeSpill(bytes, spill, at);
  return bytes;
}

function flagsFor({ size, lock, spill, appended }: Header): number {
  return (size === undefined ? 0 : 1) | (lock ? 2 : 0) | (spill ? 4 : 0) | (appended ? 8 : 0);
}

function writeLock(bytes: Buffer, { keyId, check, nonce }: Lock, start: number): number {
  let at = bytes.writeUInt8(Buffer.byteLength(keyId), start);
  at += bytes.write(keyId, at);
  bytes.set(check, at);
  bytes.set(nonce, at + CHECK_BYTES);
  return at + CHECK_BYTES + NONCE_BYTES;
}

function writeSpill(bytes: Buffer, { upload, ...words }: Spill, start: number): void {
  let at = start + bytes.write(upload, start, UPLOAD_BYTES, "base64url");
  for (const word of [words.pieces, words.bytes, words.leadSum, words.restSum])
    at = bytes.writeUInt32BE(word, at);
}

/** The header of an envelope. Throws `INCOMPATIBLE` for a newer version or an unknown flag, `CORRUPT` for what is no envelope. */
export function readHeader(sealed: Uint8Array): ReadHeader {
  const flags = flagsOf(sealed);
  const fields = new Fields(sealed);
  const size = (flags & 1) === 0 ? undefined : fields.word();
  const lock = (flags & 2) === 0 ? undefined : lockIn(fields);
  const spill = (flags & 4) === 0 ? undefined : spillIn(fields);
  return {
    header: {
      ...(size === undefined ? {} : { size }),
      ...(lock ? { lock } : {}),
      ...(spill ? { spill } : {}),
      ...((flags & 8) === 0 ? {} : { appended: true }),
    },
    length: fields.at,
  };
}

/** Where the rest of an envelope's payload stands; `undefined` where it is whole, or no envelope at all: whoever opens it will say so. */
export function spillOf(sealed: Uint8Array): Spill | undefined {
  if (sealed[0] !== VERSION || ((sealed[1] ?? 0) & 4) === 0) return undefined;
  try {
    return readHeader(sealed).header.spill;
  } catch (error) {
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}

function flagsOf(sealed: Uint8Array): number {
  const [found, flags] = sealed;
  if (found === undefined || flags === undefined || found === 0)
    throw new StorageError("CORRUPT", "The stored bytes are not an envelope.");
  if (found > VERSION)
    throw new IncompatibleError(
      `The stored bytes are of envelope version ${found}; this version reads up to ${VERSION}.`,
    );
  if ((flags & ~knownFlags) !== 0)
    throw new IncompatibleError(
      `The stored bytes use a feature that this version does not know (flags ${flags}).`,
    );
  return flags;
}

function lockIn(fields: Fields): Lock {
  const id = fields.take(fields.byte());
  if (id.byteLength === 0 || !isUtf8(id))
    throw new StorageError("CORRUPT", "The stored bytes name no key.");
  return {
    keyId: id.toString("utf8"),
    check: fields.take(CHECK_BYTES),
    nonce: fields.take(NONCE_BYTES),
  };
}

function spillIn(fields: Fields): Spill {
  return {
    upload: fields.take(UPLOAD_BYTES).toString("base64url"),
    pieces: fields.word(),
    bytes: fields.word(),
    leadSum: fields.word(),
    restSum: fields.word(),
  };
}

/** The fields of a header, one after the other. */
class Fields {
  at: number = PLAIN_HEADER_BYTES;
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  take(count: number): Buffer {
    const field = this.#bytes.subarray(this.at, this.at + count);
    if (field.byteLength < count)
      throw new StorageError("CORRUPT", "The stored bytes are cut off in their header.");
    this.at += count;
    return field;
  }

  byte(): number {
    return this.take(1).readUInt8();
  }

  word(): number {
    return this.take(4).readUInt32BE();
  }
}
