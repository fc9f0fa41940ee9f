import { StorageError } from "../../errors.ts";
import { encodeValue } from "../encode.ts";

/*
 * A value whose envelope is larger than an engine holds stands in several records of its partition:
 *
 *   its own key             an envelope with bit 2: the beginning of the payload, and where the rest is
 *   p/<upload>/<number>     an envelope of the next bytes, written once and never again
 *   u/<upload>              { k: the value's key, or the prefix of an append with i: its index in the write, n: pieces, t: when it was begun, f?: 1 = is being freed }
 *
 * The revision of `u/<upload>` is that of the write that put the value, once it is put: it is written in that write, which fails where the upload has been freed in between.
 */

/** What is known of an upload. */
export interface Upload {
  readonly id: string;
  /** The key of the value, or with `index` the prefix that it is appended under. */
  readonly owner: string;
  readonly index?: number;
  readonly pieces: number;
  readonly begunAt: number;
  /** Its value is gone, and its pieces are going. */
  readonly freeing: boolean;
}

/** The keys of uploads begin so. */
export const UPLOADS = "u/";
/** The keys of pieces begin so. */
const PIECES = "p/";
/** The most pieces that a value takes: 390 MB where a record holds 390 KB. */
export const MAX_PIECES = 1000;

/** Digits of a piece's number: enough for pieces of a few bytes. */
const NUMBER_DIGITS = 6;
/** More than the text of an upload's record takes beside the key in it. */
const RECORD_BYTES = 120;

/** The key of an upload's record. */
export function uploadKey(upload: string): string {
  return `${UPLOADS}${upload}`;
}

/** The key of a piece. */
export function pieceKey(upload: string, number: number): string {
  return `${PIECES}${upload}/${String(number).padStart(NUMBER_DIGITS, "0")}`;
}

/** Whether a key belongs to the pieces of values, of which the stores know nothing. */
export function isPieceKey(key: string): boolean {
  return key.startsWith(PIECES) || key.startsWith(UPLOADS);
}

/** A bound on the bytes of an upload's record and key, before it is sealed. */
export function uploadBytes(owner: string): number {
  return RECORD_BYTES + owner.length;
}

/** The text of an upload's record. */
export function encodeUpload({ owner, index, pieces, begunAt, freeing }: Upload): Uint8Array {
  return encodeValue({
    k: owner,
    ...(index === undefined ? {} : { i: index }),
    n: pieces,
    t: begunAt,
    ...(freeing ? { f: 1 } : {}),
  });
}

/** The upload that a record holds. Throws `CORRUPT`. */
export function decodeUpload(id: string, value: unknown): Upload {
  const { k, i, n, t, f } = (value ?? {}) as Record<string, unknown>;
  const numbers = (i === undefined || isWhole(i)) && isWhole(n) && Number.isSafeInteger(t);
  if (typeof k !== "string" || !numbers || n >= 10 ** NUMBER_DIGITS)
    throw new StorageError("CORRUPT", `What is stored of upload ${id} is no upload.`);
  return {
    id,
    owner: k,
    ...(i === undefined ? {} : { index: i }),
    pieces: n,
    begunAt: Number(t),
    freeing: f === 1,
  };
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
