import { crc32 } from "../../codec/zlib.ts";
import type { Backend, StoredRecord } from "../../backend/contract.ts";
import { type Spill, spillOf } from "../../codec/header.ts";
import { ContentionError, StorageError } from "../../errors.ts";
import type { Opened, Packed } from "../sealing/content.ts";
import type { Seal } from "../sealing/seal.ts";
import { valueBound } from "./layout.ts";
import { pieceKey } from "./records.ts";

/** Where values are read. */
export interface Source {
  readonly backend: Backend;
  readonly name: string;
  readonly seal: Seal;
}

/** Tries of a read whose records keep being replaced while their pieces are fetched. */
const MAX_TRIES = 100;

/**
 * What `read` finds, with the pieces of each value. Pieces are freed after the record that refers to them is gone or replaced; so where one is missing everything is read again, and
 * what is answered was there at one instant. A record that is still the same has lost its pieces: it comes with those that are left, and its value says that it is damaged.
 */
export async function gather<T>(
  source: Source,
  read: () => Promise<T>,
  recordsOf: (found: T) => readonly (StoredRecord | undefined)[],
  now: number,
): Promise<{ readonly found: T; readonly pieces: ReadonlyMap<string, readonly StoredRecord[]> }> {
  let torn = new Map<string, number>();
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const found = await read();
    const pieces = new Map<string, readonly StoredRecord[]>();
    const missing = new Map<string, number>();
    for (const record of recordsOf(found)) {
      const spill = record && spillOf(record.value);
      if (!record || !spill) continue;
      const its = await readPieces(source, spill, now);
      pieces.set(record.key, its);
      if (its.length < spill.pieces) missing.set(record.key, record.revision);
    }
    const isLost = ([key, revision]: [string, number]): boolean => torn.get(key) === revision;
    if ([...missing].every(isLost)) return { found, pieces };
    torn = missing;
  }
  throw new ContentionError(
    `The large values of ${source.name} were replaced ${MAX_TRIES} times while they were read.`,
  );
}

/** The packed value of a record from its pieces. Throws `CORRUPT`, or as `open`. */
export function join(
  { seal, backend }: Source,
  { payload, size, spill }: Opened,
  pieces: readonly StoredRecord[],
  now: number,
): Packed {
  if (!spill) return size === undefined ? { payload } : { payload, size };
  checkedLead({ payload, spill });
  if (pieces.length !== spill.pieces) throw incomplete(spill);
  const rest = pieces.map(({ key, value }) => seal.open(value, key, now));
  const bytes = rest.reduce((sum, piece) => sum + piece.payload.byteLength, 0);
  if (bytes !== spill.bytes || bytes > valueBound(backend.limits)) throw incomplete(spill);
  const all = Buffer.concat([payload, ...rest.map((piece) => piece.payload)]);
  if (crc32(all.subarray(payload.byteLength)) !== spill.restSum) throw incomplete(spill);
  return size === undefined ? { payload: all } : { payload: all, size };
}

/** The part of a value that its own record holds, once it is sure that it is undamaged. */
export function checkedLead(opened: Opened): Opened {
  const { payload, spill } = opened;
  if (spill && crc32(payload) !== spill.leadSum) throw incomplete(spill);
  return opened;
}

/** The pieces that stand, in order, up to the first that does not. */
async function readPieces(
  { backend, name }: Source,
  { upload, pieces, bytes }: Spill,
  now: number,
): Promise<readonly StoredRecord[]> {
  const { maxReadKeys, maxWriteBytes } = backend.limits;
  // A read takes no more bytes than a write does: engines bound both alike.
  const each = Math.max(1, Math.ceil(bytes / pieces));
  const most = Math.max(1, Math.min(maxReadKeys, Math.floor(maxWriteBytes / each)));
  const found: StoredRecord[] = [];
  // A claim that cannot be true is not followed.
  if (bytes > valueBound(backend.limits) || pieces > bytes) return found;
  while (found.length < pieces) {
    const start = found.length;
    const length = Math.min(most, pieces - start);
    const keys = Array.from({ length }, (_, index) => pieceKey(upload, start + index));
    const records = await backend.read(name, keys, now);
    for (const record of records) {
      if (!record) return found;
      found.push(record);
    }
  }
  return found;
}

function incomplete({ upload }: Spill): StorageError {
  return new StorageError("CORRUPT", `The pieces of upload ${upload} do not make up its value.`);
}
