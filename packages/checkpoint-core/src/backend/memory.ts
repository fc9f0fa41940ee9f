import { ConflictError, DeletedError, StorageError } from "../errors.ts";
import type {
  Backend,
  BackendLimits,
  Expectation,
  Page,
  ScanRange,
  StoredRecord,
  Write,
  WriteBatch,
} from "./contract.ts";
import { keyAt } from "./keys.ts";

/** Options of {@link memoryBackend}. */
export interface MemoryBackendOptions {
  /** Lower bounds than the default ones, to see what happens at them. */
  readonly limits?: Partial<BackendLimits>;
}

/**
 * The reference backend: everything in this process, nothing kept beyond it. It is the contract in its shortest form, and what the conformance kit compares
 * other backends with.
 */
export function memoryBackend({ limits }: MemoryBackendOptions = {}): Backend {
  const partitions = new Map<string, Partition>();
  let closed = false;
  const open = (): void => {
    if (closed) throw new StorageError("CLOSED", "The memory backend was closed.");
  };
  return {
    name: "memory",
    limits: { ...defaultLimits, ...limits },
    async setup() {
      open();
    },
    async read(name, keys, now) {
      open();
      const partition = partitions.get(name);
      return keys.map((key) => copyOf(partition && live(partition, key, now)));
    },
    async scan(name, range, now) {
      open();
      const partition = partitions.get(name);
      return partition ? pageOf(partition, range, now) : { records: [] };
    },
    async write(name, batch) {
      open();
      const partition = partitions.get(name) ?? emptyPartition();
      const revision = apply(partition, batch, name);
      if (partition.revision > 0) partitions.set(name, partition);
      return { revision };
    },
    async drop(name, now, held) {
      open();
      const partition = partitions.get(name);
      if (!partition || partition.dropped) return;
      if (held && live(partition, held.key, now)?.revision !== held.revision)
        throw new ConflictError(
          `Key ${held.key} of partition ${name} is not ${held.revision}; nothing was dropped.`,
          { key: held.key },
        );
      partition.dropped = true;
      partition.records.clear();
      partition.keys.length = 0;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      partitions.clear();
    },
  };
}

const defaultLimits: BackendLimits = {
  maxValueBytes: 64 * 1024 * 1024,
  maxKeyBytes: 1024,
  maxWrites: 1000,
  maxWriteBytes: 256 * 1024 * 1024,
  maxReadKeys: 1000,
};

interface Partition {
  revision: number;
  dropped: boolean;
  readonly records: Map<string, StoredRecord>;
  /** The records' keys in order. */
  readonly keys: string[];
}

function emptyPartition(): Partition {
  return { revision: 0, dropped: false, records: new Map(), keys: [] };
}

function apply(partition: Partition, { writes, now, revive }: WriteBatch, name: string): number {
  if (partition.dropped && !revive)
    throw new DeletedError(`Partition ${name} was dropped; nothing was written.`);
  for (const write of writes) {
    if (write.op === "append") continue;
    if (!holds(live(partition, write.key, now), write.expect))
      throw new ConflictError(
        `Key ${write.key} of partition ${name} is not ${write.expect}; nothing was written.`,
        { key: write.key },
      );
  }
  if (writes.every((write) => write.op === "check")) return partition.revision;
  partition.dropped = false;
  partition.revision += 1;
  writes.forEach((write, index) => change(partition, write, index));
  return partition.revision;
}

function change(partition: Partition, write: Write, index: number): void {
  if (write.op === "check") return;
  if (write.op === "delete") {
    if (partition.records.delete(write.key))
      partition.keys.splice(position(partition.keys, write.key), 1);
    return;
  }
  const { revision } = partition;
  const key = write.op === "put" ? write.key : keyAt(write.prefix, revision, index);
  if (!partition.records.has(key)) partition.keys.splice(position(partition.keys, key), 0, key);
  const value = Uint8Array.from(write.value);
  const { expiresAt } = write;
  partition.records.set(
    key,
    expiresAt === undefined ? { key, value, revision } : { key, value, revision, expiresAt },
  );
}

function holds(record: StoredRecord | undefined, expect: Expectation): boolean {
  if (expect === "any") return true;
  if (expect === "absent") return record === undefined;
  return expect === "present" ? record !== undefined : record?.revision === expect;
}

function live(partition: Partition, key: string, now: number): StoredRecord | undefined {
  const record = partition.records.get(key);
  return record?.expiresAt !== undefined && record.expiresAt <= now ? undefined : record;
}

function pageOf(partition: Partition, range: ScanRange, now: number): Page {
  const keys = partition.keys.slice(
    position(partition.keys, range.from),
    position(partition.keys, range.to),
  );
  if (range.reverse) keys.reverse();
  const found = keys.filter((key) => live(partition, key, now));
  const taken = found.slice(0, range.limit);
  const records = taken.flatMap((key) => copyOf(partition.records.get(key)) ?? []);
  if (found.length === taken.length) return { records };
  const next = range.reverse ? taken.at(-1) : found[taken.length];
  return next === undefined ? { records } : { records, next };
}

function copyOf(record: StoredRecord | undefined): StoredRecord | undefined {
  return record && { ...record, value: Uint8Array.from(record.value) };
}

/** Where the key stands in the ordered list, or would. JavaScript compares ASCII strings byte by byte. */
function position(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? "") < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
