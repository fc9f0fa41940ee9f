import type { Backend, BackendLimits, HeldRecord, ScanRange, Write } from "../backend/contract.ts";
import { openEnvelope, sealText } from "../codec/envelope.ts";
import { decodeText, encodeText } from "../codec/text.ts";
import { StorageError } from "../errors.ts";

/** A record with its value opened and decoded on demand. */
export interface OpenRecord {
  readonly key: string;
  readonly revision: number;
  readonly expiresAt?: number;
  /** The stored bytes, as the envelope holds them. */
  readonly bytes: Uint8Array;
  /** The decoded value. Throws `CORRUPT` or `INCOMPATIBLE` when the bytes are not ours to read. */
  value(): unknown;
}

/** What one read found, by key. */
export type Snapshot = ReadonlyMap<string, OpenRecord>;

/** One partition behind its door: keys, sizes and counts are checked against the engine's limits before anything is sent, values pass the codec. */
export interface Partition {
  readonly name: string;
  readonly backend: Backend;
  read(keys: readonly string[], now: number): Promise<Snapshot>;
  scan(
    range: ScanRange,
    now: number,
  ): Promise<{ readonly records: readonly OpenRecord[]; readonly next?: string }>;
  write(
    writes: readonly Write[],
    now: number,
    options?: { readonly revive?: boolean },
  ): Promise<{ readonly revision: number }>;
  /** Held to a record, it happens only while that has its revision; see `Backend.drop`. */
  drop(now: number, held?: HeldRecord): Promise<void>;
  /** Refuses what `write` would refuse for its size or its keys, and sends nothing: for writes that must be refused before another one is made. */
  check(writes: readonly Write[]): void;
}

/** Opens the door to a partition. */
export function openPartition(backend: Backend, name: string): Partition {
  return {
    name,
    backend,
    async read(keys, now) {
      const unique = [...new Set(keys)];
      const snapshot = new Map<string, OpenRecord>();
      if (unique.length > backend.limits.maxReadKeys)
        throw new StorageError(
          "TOO_LARGE",
          `A read of ${unique.length} keys is over the engine's ${backend.limits.maxReadKeys}.`,
        );
      for (const record of await backend.read(name, unique, now))
        if (record) snapshot.set(record.key, openRecord(record));
      return snapshot;
    },
    async scan(range, now) {
      const page = await backend.scan(name, range, now);
      const records = page.records.map(openRecord);
      return page.next === undefined ? { records } : { records, next: page.next };
    },
    async write(writes, now, { revive = false } = {}) {
      check(backend, writes);
      return backend.write(name, revive ? { writes, now, revive } : { writes, now });
    },
    async drop(now, held) {
      await (held ? backend.drop(name, now, held) : backend.drop(name, now));
    },
    check(writes) {
      check(backend, writes);
    },
  };
}

/** A value as the bytes of a record. Throws `UNSUPPORTED_VALUE` or `TOO_LARGE` for what cannot be kept. */
export function encodeValue(value: unknown): Uint8Array {
  return sealText(encodeText(value));
}

function openRecord(record: {
  readonly key: string;
  readonly value: Uint8Array;
  readonly revision: number;
  readonly expiresAt?: number;
}): OpenRecord {
  const { key, revision, value: bytes, expiresAt } = record;
  const value = (): unknown => decodeText(openEnvelope(bytes));
  return expiresAt === undefined
    ? { key, revision, bytes, value }
    : { key, revision, bytes, value, expiresAt };
}

/** The longest suffix that `append` puts behind its prefix: a revision and an index. */
const APPEND_SUFFIX_BYTES = 20;

function check({ limits, name }: Backend, writes: readonly Write[]): void {
  refuseOver(limits.maxWrites, writes.length, `records in one write to ${name}`);
  const keys = new Set<string>();
  let total = 0;
  for (const write of writes) {
    if (write.op !== "append" && keys.size === keys.add(write.key).size)
      throw new StorageError("INVALID_ARGUMENT", `A write names the key ${write.key} twice.`);
    const bytes = "value" in write ? write.value.byteLength : 0;
    refuseOver(limits.maxValueBytes, bytes, `bytes of one value in ${name}`);
    total += bytes + checkKey(limits, write);
  }
  refuseOver(limits.maxWriteBytes, total, `bytes of one write to ${name}`);
}

/** The bytes of the key that the entry will have. */
function checkKey(limits: BackendLimits, write: Write): number {
  const key = write.op === "append" ? write.prefix : write.key;
  const bytes = key.length + (write.op === "append" ? APPEND_SUFFIX_BYTES : 0);
  refuseOver(limits.maxKeyBytes, bytes, "bytes of one key");
  if (!/^[\u0021-\u007e]+$/.test(key))
    throw new StorageError("INVALID_ARGUMENT", `${JSON.stringify(key)} is not a key.`);
  return bytes;
}

function refuseOver(limit: number, found: number, what: string): void {
  if (found > limit)
    throw new StorageError("TOO_LARGE", `${found} ${what} are over its limit of ${limit}.`);
}
