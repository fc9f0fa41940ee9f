import type { Backend, StoredRecord } from "../../src/backend/contract.ts";
import { memoryBackend } from "../../src/backend/memory.ts";
import { StorageError } from "../../src/errors.ts";
import { encodeValue } from "../../src/store/encode.ts";
import { openPartition, type Partition } from "../../src/store/partition.ts";
import type { SealingOptions } from "../../src/store/sealing/options.ts";
import { createSealing } from "../../src/store/sealing/seal.ts";

export const THEN = 1_700_000_000_000;

/** Where a door leads. */
export interface Place {
  readonly backend: Backend;
  readonly tenant?: string;
  readonly name?: string;
}

/** A partition as a store with these options sees it. */
export function door(
  { backend, tenant, name = "t/-/1.t" }: Place,
  options: SealingOptions,
): Partition {
  return openPartition(backend, name, {
    seal: createSealing(options)(tenant, name),
    note: notedElsewhere,
  });
}

/** The code that reading a record's value ends with; "read" where it ends well. */
export async function codeOf(partition: Partition, key = "a", now = THEN): Promise<string> {
  const record = (await partition.read([key], now)).get(key);
  if (!record) return "gone";
  try {
    record.value();
    return "read";
  } catch (error) {
    if (error instanceof StorageError) return error.code;
    throw error;
  }
}

/** A value stands under a key. */
export async function put(partition: Partition, value: unknown, key = "a"): Promise<void> {
  const bytes = encodeValue(value);
  await partition.write([{ op: "put", key, value: bytes, expect: "any" }], THEN);
}

/** A record as it is stored. */
export async function raw({ backend, name = "t/-/1.t" }: Place, key = "a"): Promise<StoredRecord> {
  const [record] = await backend.read(name, [key], THEN);
  if (!record) throw new Error(`There is no ${key}.`);
  return record;
}

/** Other bytes stand under a key. */
export async function forge(
  { backend, name = "t/-/1.t" }: Place,
  value: Uint8Array,
  key = "a",
): Promise<void> {
  await backend.write(name, { writes: [{ op: "put", key, value, expect: "any" }], now: THEN });
}

/** A place on storage of its own. */
export function newPlace(): Place {
  return { backend: memoryBackend() };
}

function notedElsewhere(): Promise<void> {
  return Promise.resolve();
}
