import type { Write } from "../../backend/contract.ts";
import { isStorageError } from "../../errors.ts";
import { type Operation, payloadWrites } from "../operation.ts";
import { encodeFields, type OpenRecord, type Partition, type Snapshot } from "../partition.ts";
import { readMany } from "../chunks.ts";
import { wantsKey } from "../sealing/keyring.ts";
import { whereKeys } from "./find.ts";
import {
  appendOf,
  decodeCursor,
  decodeWritten,
  type EntryHead,
  idKey,
  type WrittenEntries,
} from "./record.ts";

/**
 * What makes the ids of entries that go mean nothing any more: their own records are deleted, and the records of the appends that made them count down. The last one
 * leaves the append's record for as long as a retry may come. An id that means another entry by now is left alone.
 */
export async function forgetIds(
  partition: Partition,
  gone: readonly Pick<EntryHead, "id" | "cursor">[],
  now: number,
  operationTtlMs: number,
): Promise<readonly Write[]> {
  const keys = gone.flatMap(({ id }) => whereKeys(id));
  const snapshot = await readMany(partition, keys, now);
  const writes: Write[] = [];
  const made = new Map<string, number>();
  for (const { id, cursor } of gone) {
    const own = snapshot.get(idKey(id));
    if (own && readable(own, decodeCursor) !== cursor) continue;
    if (own) writes.push({ op: "delete", key: own.key, expect: own.revision });
    const operation = appendOf(id)?.operation;
    if (operation !== undefined) made.set(operation, (made.get(operation) ?? 0) + 1);
  }
  for (const [operation, count] of made)
    writes.push(...countDown(snapshot, operation, count, now + operationTtlMs));
  return writes;
}

/** The most writes that one forgotten entry takes. */
export const FORGET_WRITES = 2;

function countDown(
  snapshot: Snapshot,
  operation: string,
  count: number,
  expiresAt: number,
): readonly Write[] {
  const record = snapshot.get(operation);
  const written = record && readable(record, decodeWritten);
  if (!record || !written || written.left === 0) return [];
  const left = Math.max(0, written.left - count);
  const value = encodeWritten({ ...written, left });
  const put = { op: "put", key: operation, value, expect: record.revision } as const;
  return [left === 0 ? { ...put, expiresAt } : put];
}

/** The append's record. It expires, unless it stands for the ids of entries that are there: then it goes when they do. */
export function appendWrites(
  operation: Operation,
  written: WrittenEntries,
  now: number,
  ttlMs: number,
): readonly Write[] {
  const { key } = operation;
  const put = { op: "put", key, value: encodeWritten(written), expect: "absent" } as const;
  const first = written.left === 0 ? { ...put, expiresAt: now + ttlMs } : put;
  return [first, ...payloadWrites(operation, now, ttlMs)];
}

/** What an operation's record remembers, as bytes. */
function encodeWritten({ ids, cursors, left }: WrittenEntries): Uint8Array {
  return encodeFields({ ids, cursors, left: left === 0 ? undefined : left });
}

/** A damaged record holds up no sweep; one that wants another key does, since its entry would go and its id stay. */
function readable<T>(record: OpenRecord, decode: (record: OpenRecord) => T): T | undefined {
  try {
    return decode(record);
  } catch (error) {
    if (isStorageError(error) && !error.retryable && !wantsKey(error)) return undefined;
    throw error;
  }
}
