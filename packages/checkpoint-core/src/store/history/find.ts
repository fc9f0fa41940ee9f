import { isStorageError } from "../../errors.ts";
import type { OpenRecord, Partition, Snapshot } from "../partition.ts";
import { readMany } from "../chunks.ts";
import { wantsKey } from "../sealing/keyring.ts";
import {
  appendOf,
  decodeCursor,
  decodeWritten,
  type EntryHead,
  entryKey,
  type HistoryHead,
  idKey,
  isShown,
  peekEntry,
} from "./record.ts";

/** An entry that an id names. */
export interface FoundEntry {
  readonly cursor: string;
  /** When it was first written; `undefined` where that cannot be read any more. */
  readonly createdAt: number | undefined;
  readonly record: OpenRecord;
}

/** The keys of the records that say where the entry of an id is: read with the head, they answer {@link findEntries}. */
export function whereKeys(id: string): readonly string[] {
  const made = appendOf(id);
  return made ? [idKey(id), made.operation] : [idKey(id)];
}

/** The place that the records name for an id, shown or not: its own record first, which stands for one that was moved. */
function placeOf(snapshot: Snapshot, id: string): string | undefined {
  const own = snapshot.get(idKey(id));
  if (own) return decodeCursor(own);
  const made = appendOf(id);
  const operation = made && snapshot.get(made.operation);
  if (!made || !operation) return undefined;
  const { ids, cursors } = decodeWritten(operation);
  const index = ids.indexOf(id);
  return index < 0 ? undefined : cursors[index];
}

/**
 * The entries that are there, by id. Reads only the places that the snapshot names: those that nothing was ever written to cost nothing. An entry that cannot be read
 * counts as there.
 */
export async function findEntries(
  partition: Partition,
  snapshot: Snapshot,
  ids: readonly string[],
  head: HistoryHead,
  now: number,
): Promise<ReadonlyMap<string, FoundEntry>> {
  const found = new Map<string, FoundEntry>();
  if (snapshot.size === 0) return found;
  const named = ids.flatMap((id) => {
    const cursor = placeOf(snapshot, id);
    return cursor !== undefined && isShown(head, cursor) ? [{ id, cursor }] : [];
  });
  if (named.length === 0) return found;
  const keys = named.map(({ cursor }) => entryKey(cursor));
  const records = await readMany(partition, keys, now);
  for (const { id, cursor } of named) {
    const record = records.get(entryKey(cursor));
    const entry = record && headOf(record);
    if (record && (!entry || entry.id === id))
      found.set(id, { cursor, createdAt: entry?.createdAt, record });
  }
  return found;
}

/** What an entry says beside its value; `undefined` where it is damaged. One that wants another key may be sound: an error. */
export function headOf(record: OpenRecord): EntryHead | undefined {
  try {
    return peekEntry(record);
  } catch (error) {
    if (isStorageError(error) && !error.retryable && !wantsKey(error)) return undefined;
    throw error;
  }
}
