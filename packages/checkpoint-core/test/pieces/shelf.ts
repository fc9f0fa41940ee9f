import { createHash } from "node:crypto";
import type { Backend, BackendLimits, StoredRecord } from "../../src/backend/contract.ts";
import { memoryBackend } from "../../src/backend/memory.ts";
import { openPartition, type Partition } from "../../src/store/partition.ts";
import type { SealingOptions } from "../../src/store/sealing/options.ts";
import { createSealing } from "../../src/store/sealing/seal.ts";
import { StorageError } from "../../src/errors.ts";
import { wrapBackend } from "../wrap.ts";

/** The name of the partition in these tests. */
export const NAME = "t/-/1.t";
export const THEN = 1_700_000_000_000;
export const HOUR = 60 * 60 * 1000;

/** Limits that make pieces of values of a few kilobytes. */
const NARROW: Partial<BackendLimits> = {
  maxValueBytes: 1000,
  maxWriteBytes: 8000,
  maxWrites: 10,
  maxReadKeys: 10,
};

/** Text that no compression makes short, the same for the same seed. */
export function noise(length: number, seed = 1): string {
  const parts: string[] = [];
  for (let at = 0; parts.length * 44 < length; at += 1)
    parts.push(createHash("sha256").update(`${seed} ${at}`).digest("base64"));
  return parts.join("").slice(0, length);
}

/** A key for tests. */
export function key(seed: number): Uint8Array {
  return createHash("sha256").update(`key ${seed}`).digest();
}

/** The partition as a store with these options sees it; it notes nothing. */
export function door(backend: Backend, options: SealingOptions = {}, name = NAME): Partition {
  const seal = createSealing(options)(undefined, name);
  return openPartition(backend, name, { seal, note: () => Promise.resolve() });
}

/** A narrow backend in memory. */
export function narrowBackend(): Backend {
  return memoryBackend({ limits: NARROW });
}

/** All records of the partition, as they are stored. */
export async function stored(backend: Backend, now = THEN): Promise<readonly StoredRecord[]> {
  const records: StoredRecord[] = [];
  for (let from: string | undefined = "!"; from !== undefined; ) {
    const page: Awaited<ReturnType<Backend["scan"]>> = await backend.scan(
      NAME,
      { from, to: "\u007f", limit: 1000 },
      now,
    );
    records.push(...page.records);
    from = page.next;
  }
  return records;
}

/** The process dies before the call of this number, or with `after` when it has happened and before its answer is seen. */
export function dying(
  inner: Backend,
  at: number,
  after: boolean,
): { readonly backend: Backend; readonly calls: () => number } {
  let calls = 0;
  const call = async <T>(verb: () => Promise<T>): Promise<T> => {
    const turn = calls;
    calls += 1;
    if (turn > at || (turn === at && !after)) return gone();
    const answer = await verb();
    return turn === at ? gone() : answer;
  };
  const backend = wrapBackend(inner, {
    read: (...of) => call(() => inner.read(...of)),
    scan: (...of) => call(() => inner.scan(...of)),
    write: (...of) => call(() => inner.write(...of)),
  });
  return { backend, calls: () => calls };
}

function gone(): Promise<never> {
  return Promise.reject(new StorageError("UNAVAILABLE", "The process is gone."));
}
