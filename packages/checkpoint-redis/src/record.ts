import { StorageError, type StoredRecord } from "@perdure/checkpoint-core";

const COLON = 0x3a;
const X = 0x78;

/**
 * The record of these bytes: `7:` and its value, or `x7:1700000000000:` and its value for one that expires, of revision 7. `undefined` for one that has expired. The value is a view
 * of the bytes. Throws `CORRUPT` for what is no record.
 */
export function recordOf(key: string, bytes: unknown, now: number): StoredRecord | undefined {
  if (!Buffer.isBuffer(bytes)) throw damaged(key);
  const expires = bytes[0] === X;
  const first = bytes.indexOf(COLON);
  const last = expires ? bytes.indexOf(COLON, first + 1) : first;
  const revision = numberIn(bytes, expires ? 1 : 0, first);
  if (first < 1 || last < first || !Number.isSafeInteger(revision)) throw damaged(key);
  const value = new Uint8Array(
    bytes.buffer,
    bytes.byteOffset + last + 1,
    bytes.byteLength - last - 1,
  );
  if (!expires) return { key, value, revision };
  const expiresAt = numberIn(bytes, first + 1, last);
  if (Number.isNaN(expiresAt)) throw damaged(key);
  return expiresAt <= now ? undefined : { key, value, revision, expiresAt };
}

function numberIn(bytes: Buffer, from: number, to: number): number {
  return to > from ? Number(bytes.toString("latin1", from, to)) : Number.NaN;
}

function damaged(key: string): StorageError {
  return new StorageError("CORRUPT", `What Redis holds under ${key} is no record.`);
}
