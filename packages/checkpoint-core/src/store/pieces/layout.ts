import type { BackendLimits, Write } from "../../backend/contract.ts";
import { StorageError } from "../../errors.ts";
import type { Packed } from "../sealing/content.ts";
import type { Seal } from "../sealing/seal.ts";
import { isPieceKey, MAX_PIECES, uploadBytes, uploadKey } from "./records.ts";

/** An entry of a write with its value as it will be stored. */
export type Entry = Write & { readonly packed?: Packed; readonly lead?: number };

/** How the entries of a write fit the engine. */
export interface Layout {
  readonly entries: readonly Entry[];
  /** Nothing is to be done: the writes go as they are. */
  readonly untouched: boolean;
  /** Every value is small: sealed as it is, neither compressed nor split. */
  readonly small: boolean;
  /** Some values stand in pieces; their entries say how much of the payload stays with them. */
  readonly spilled: boolean;
  /** Bytes of the keys and values that the entries themselves put, those of uploads included. */
  readonly bytes: number;
}

/** What a layout depends on. */
export interface Ground {
  readonly limits: BackendLimits;
  /** For messages. */
  readonly engine: string;
  readonly seal: Seal;
  /** False where nothing may stand in pieces. */
  readonly pieces: boolean;
}

/** The longest suffix that `append` puts behind its prefix: a revision and an index. */
const APPEND_SUFFIX_BYTES = 20;
/** What a plain envelope adds: another takes its place. */
const PLAIN_BYTES = 2;
/** A value is not split to make room for others when it takes no more than this. */
const LEAST_CAP = 1024;
/** The codec's bound on one value. */
const MAX_VALUE_BYTES = 256 * 1024 * 1024;

/** The most bytes that a value may take before it is compressed: what 1,000 records hold, and at most 256 MiB. */
export function valueBound({ maxValueBytes }: BackendLimits): number {
  return Math.min(MAX_VALUE_BYTES, MAX_PIECES * maxValueBytes);
}

/** How the entries fit, or `TOO_LARGE`; `INVALID_ARGUMENT` for keys that are none, or that are named twice. */
export function layOut(ground: Ground, writes: readonly Write[]): Layout {
  const { limits, engine, seal } = ground;
  refuseOver(limits.maxWrites, writes.length, `records in one write to ${engine}`);
  refuseDoubles(writes);
  let bytes = 0;
  let small = true;
  const more = seal.added - PLAIN_BYTES;
  for (const write of writes) {
    bytes += checkKey(limits, write);
    if (!("value" in write)) continue;
    const size = write.value.byteLength;
    refuseOver(
      ground.pieces ? valueBound(limits) : limits.maxValueBytes,
      size,
      `bytes of one value in ${engine}`,
    );
    bytes += size + more;
    small &&= isSmall(ground, size);
  }
  if (small && bytes <= limits.maxWriteBytes)
    return { entries: writes, untouched: seal.isPlain, small, spilled: false, bytes };
  return fit(ground, writes);
}

/** Writes of so few are compared with one another. */
const FEW = 6;

/** Refuses a key that is named twice. */
function refuseDoubles(writes: readonly Write[]): void {
  const seen = writes.length > FEW ? new Set<string>() : undefined;
  for (const [index, write] of writes.entries()) {
    if (write.op === "append") continue;
    const { key } = write;
    const before = seen ? seen.size === seen.add(key).size : isNamed(key, writes, index);
    if (before) throw new StorageError("INVALID_ARGUMENT", `A write names the key ${key} twice.`);
  }
}

function isNamed(key: string, writes: readonly Write[], before: number): boolean {
  for (let index = 0; index < before; index += 1) {
    const write = writes[index];
    if (write && write.op !== "append" && write.key === key) return true;
  }
  return false;
}

/** Whether a value is stored as it is, or sealed and no more. */
function isSmall({ limits, seal }: Ground, size: number): boolean {
  return size < seal.minBytes && size + seal.added - PLAIN_BYTES <= limits.maxValueBytes;
}

/** The bytes that an entry's envelope takes; 0 where it has none. */
function storedBytes(seal: Seal, entry: Entry): number {
  const { packed, lead } = entry;
  if (!packed) return 0;
  const compressed = packed.size !== undefined;
  return (
    seal.overhead({ compressed, spilled: lead !== undefined }) + (lead ?? packed.payload.byteLength)
  );
}

/** The key of an entry, as far as it is known before the write. */
export function keyOf(write: Write): string {
  return write.op === "append" ? write.prefix : write.key;
}

/** What an upload adds to the write that puts its value: its record, sealed, and the key. */
export function uploadEntryBytes(seal: Seal, entry: Entry): number {
  return (
    seal.overhead({ compressed: true, spilled: false }) +
    uploadBytes(keyOf(entry)) +
    uploadKey("").length +
    16
  );
}

/** Packs each value, and lowers the size from which they are split until the write fits. */
function fit({ limits, engine, seal, pieces }: Ground, writes: readonly Write[]): Layout {
  const whole = writes.map(
    (write): Entry => ("value" in write ? { ...write, packed: seal.pack(write.value) } : write),
  );
  const tryCap = (cap: number): Layout | undefined => {
    const entries = whole.map((entry) => capped(seal, entry, cap));
    const split = entries.filter(({ lead }) => lead !== undefined);
    if (entries.length + split.length > limits.maxWrites) return undefined;
    let bytes = 0;
    for (const entry of entries) bytes += keyBytes(entry) + storedBytes(seal, entry);
    for (const entry of split) bytes += uploadEntryBytes(seal, entry);
    if (bytes > limits.maxWriteBytes) return undefined;
    return { entries, untouched: false, small: false, spilled: split.length > 0, bytes };
  };
  const most = limits.maxValueBytes;
  const least = pieces ? Math.min(LEAST_CAP, most) : most;
  for (let cap = most; ; cap = Math.max(least, Math.floor(cap / 2))) {
    const layout = tryCap(cap);
    if (layout && (pieces || !layout.spilled)) return layout;
    if (cap === least)
      throw new StorageError(
        "TOO_LARGE",
        `A write of ${writes.length} records does not fit ${engine}: it takes ${limits.maxWrites} of ${limits.maxWriteBytes} bytes together.`,
      );
  }
}

/** The entry, split when it would take more than the cap. */
function capped(seal: Seal, entry: Entry, cap: number): Entry {
  if (!entry.packed || storedBytes(seal, entry) <= cap) return entry;
  const compressed = entry.packed.size !== undefined;
  return { ...entry, lead: Math.max(0, cap - seal.overhead({ compressed, spilled: true })) };
}

/** The bytes of the key that the entry will have. */
function checkKey(limits: BackendLimits, write: Write): number {
  const key = keyOf(write);
  const bytes = keyBytes(write);
  refuseOver(limits.maxKeyBytes, bytes, "bytes of one key");
  if (!isPrintable(key))
    throw new StorageError("INVALID_ARGUMENT", `${JSON.stringify(key)} is not a key.`);
  if (isPieceKey(key))
    throw new StorageError("INVALID_ARGUMENT", `${key} is a key of pieces of values.`);
  return bytes;
}

/** Printable ASCII, and not empty. */
function isPrintable(key: string): boolean {
  for (let at = 0; at < key.length; at += 1) {
    const unit = key.charCodeAt(at);
    if (unit < 0x21 || unit > 0x7e) return false;
  }
  return key.length > 0;
}

function keyBytes(write: Write): number {
  return keyOf(write).length + (write.op === "append" ? APPEND_SUFFIX_BYTES : 0);
}

function refuseOver(limit: number, found: number, what: string): void {
  if (found > limit)
    throw new StorageError("TOO_LARGE", `${found} ${what} are over its limit of ${limit}.`);
}
