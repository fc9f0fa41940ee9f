import { crc32 } from "../../codec/zlib.ts";
import { randomBytes } from "../../chance.ts";
import type { Backend, Write } from "../../backend/contract.ts";
import type { Spill } from "../../codec/header.ts";
import { StorageError } from "../../errors.ts";
import type { Ready, Seal } from "../sealing/seal.ts";
import { type Entry, keyOf, type Layout, uploadEntryBytes } from "./layout.ts";
import { encodeUpload, pieceKey, type Upload, uploadKey } from "./records.ts";

/** Where values are put. */
export interface Target {
  readonly backend: Backend;
  readonly name: string;
  readonly seal: Seal;
  /** That the partition has pieces is noted before it has some, so that a sweep finds those that nothing refers to. */
  readonly note: ((now: number) => Promise<void>) | undefined;
}

/**
 * The write happens as it was laid out: in one write together with its pieces where all fit, else pieces first. Then the write itself is held to the records of its uploads, so that
 * it conflicts where a sweep has freed one of them in between.
 */
export async function writeLayout(
  target: Target,
  layout: Layout,
  now: number,
  revive: boolean,
): Promise<{ readonly revision: number }> {
  const { backend, name, seal } = target;
  const ready = seal.ready() ?? (await seal.prepare());
  if (layout.spilled) return writeSpilled(target, layout, ready, now, revive);
  const writes = layout.entries.map((entry) =>
    layout.small ? sealSmall(ready, entry) : sealEntry(ready, entry, undefined),
  );
  return backend.write(name, revive ? { writes, now, revive } : { writes, now });
}

async function writeSpilled(
  target: Target,
  layout: Layout,
  ready: Ready,
  now: number,
  revive: boolean,
): Promise<{ readonly revision: number }> {
  const { backend, name, note } = target;
  await note?.(now);
  const uploads = layout.entries.map((entry, index) =>
    entry.lead === undefined ? undefined : planUpload(target, ready, entry, index, now),
  );
  const begun = uploads.filter((upload) => upload !== undefined);
  const writes = layout.entries.map((entry, index) => sealEntry(ready, entry, uploads[index]));
  if (fitsOneWrite(backend, layout, begun)) {
    for (const { pieces, record } of begun) writes.push(...pieces, putRecord(record, "absent"));
    return backend.write(name, revive ? { writes, now, revive } : { writes, now });
  }
  if (revive)
    throw new StorageError("TOO_LARGE", `What begins another life must fit one write to ${name}.`);
  for (const upload of begun) {
    const revision = await sendPieces(target, upload, now);
    writes.push(putRecord(upload.record, revision));
  }
  return backend.write(name, { writes, now });
}

/** A value's pieces, ready to be sent. */
interface PlannedUpload {
  readonly spill: Spill;
  readonly pieces: readonly Put[];
  readonly record: Record;
  readonly bytes: number;
}

type Put = Extract<Write, { op: "put" }>;
type Record = Pick<Put, "key" | "value">;

/** Bytes of a key of a piece. */
const PIECE_KEY_BYTES = pieceKey("", 0).length + 16;

function planUpload(
  { backend: { limits }, seal }: Target,
  ready: Ready,
  entry: Entry,
  index: number,
  now: number,
): PlannedUpload {
  const id = randomBytes(12).toString("base64url");
  const payload = entry.packed?.payload ?? new Uint8Array();
  const lead = payload.subarray(0, entry.lead);
  const rest = payload.subarray(entry.lead);
  const overhead = seal.overhead({ compressed: false, spilled: false });
  const room = limits.maxWriteBytes - uploadEntryBytes(seal, entry) - PIECE_KEY_BYTES;
  const step = Math.min(limits.maxValueBytes, room) - overhead;
  if (step < 1)
    throw new StorageError("TOO_LARGE", "The engine's records are too small for pieces.");
  const pieces: Put[] = [];
  for (let at = 0; at < rest.byteLength; at += step) {
    const key = pieceKey(id, pieces.length);
    const value = ready.seal({ payload: rest.subarray(at, at + step), key });
    pieces.push({ op: "put", key, value, expect: "any" });
  }
  const upload: Upload = {
    id,
    owner: keyOf(entry),
    ...(entry.op === "append" ? { index } : {}),
    pieces: pieces.length,
    begunAt: now,
    freeing: false,
  };
  return {
    spill: {
      upload: id,
      pieces: pieces.length,
      bytes: rest.byteLength,
      leadSum: crc32(lead),
      restSum: crc32(rest),
    },
    pieces,
    record: sealUpload(seal, ready, upload),
    bytes: pieces.reduce((sum, { key, value }) => sum + key.length + value.byteLength, 0),
  };
}

/** The record of an upload, sealed. */
export function sealUpload(seal: Seal, ready: Ready, upload: Upload): Record {
  const key = uploadKey(upload.id);
  return { key, value: ready.seal({ ...seal.pack(encodeUpload(upload)), key }) };
}

/** The entry that puts an upload's record. */
export function putRecord({ key, value }: Record, expect: "absent" | number): Write {
  return { op: "put", key, value, expect };
}

function fitsOneWrite(
  { limits }: Backend,
  { entries, bytes }: Layout,
  uploads: readonly PlannedUpload[],
): boolean {
  let count = entries.length;
  let total = bytes;
  for (const { pieces, bytes: more } of uploads) {
    count += pieces.length + 1;
    total += more;
  }
  return count <= limits.maxWrites && total <= limits.maxWriteBytes;
}

/**
 * The pieces stand, and their record with the first of them. Every later batch is held to that record: what is sent after a sweep has freed it does not land, where nothing would
 * find it again.
 */
async function sendPieces(
  { backend, name }: Target,
  { pieces, record }: PlannedUpload,
  now: number,
): Promise<number> {
  const { maxWrites, maxWriteBytes } = backend.limits;
  const fixed = record.key.length + record.value.byteLength;
  let revision: number | undefined;
  let batch: Put[] = [];
  let bytes = fixed;
  const send = async (): Promise<void> => {
    const hold: Write =
      revision === undefined
        ? putRecord(record, "absent")
        : { op: "check", key: record.key, expect: revision };
    const written = await backend.write(name, { writes: [hold, ...batch], now });
    revision ??= written.revision;
    batch = [];
    bytes = fixed;
  };
  for (const piece of pieces) {
    const more = piece.key.length + piece.value.byteLength;
    if (batch.length > 0 && (batch.length + 1 >= maxWrites || bytes + more > maxWriteBytes))
      await send();
    batch.push(piece);
    bytes += more;
  }
  if (batch.length > 0 || revision === undefined) await send();
  return revision ?? 0;
}

/** The entry as the backend gets it. */
function sealSmall(ready: Ready, write: Write): Write {
  if (!("value" in write)) return write;
  return { ...write, value: ready.small(write.value, keyOf(write), write.op === "append") };
}

function sealEntry(ready: Ready, entry: Entry, upload: PlannedUpload | undefined): Write {
  const { packed, lead, ...write } = entry;
  if (!("value" in write) || !packed) return write;
  const value = ready.seal({
    payload: packed.payload.subarray(0, lead),
    ...(packed.size === undefined ? {} : { size: packed.size }),
    ...(upload ? { spill: upload.spill } : {}),
    key: keyOf(write),
    ...(write.op === "append" ? { appended: true } : {}),
  });
  return { ...write, value };
}
