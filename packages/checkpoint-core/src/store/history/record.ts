import { encodeId, ordinalKey } from "../../backend/keys.ts";
import { encodeValue, type OpenRecord } from "../partition.ts";
import type { HistoryEntry } from "./contract.ts";

/*
 * The records of a thread's history:
 *
 *   e/<cursor>   an entry: `i` its id, `t` when it was first written, `v` its value. A cursor is an ordinal of fixed width; entries that a replacement put
 *                between two others have suffixes behind it.
 *   e~           the head: `next` ordinal, `count`, `at` of the last write, `from` (what lies below is gone), `epoch` (moved by each write that rewrites
 *                what was there). It sorts behind all entries, so that one reverse scan reads it with the last n of them as of one instant.
 *   i/<id>       the cursor of the entry with that id.
 *
 * Every write of the history compares the head's revision, so a cursor is known before the write and the count is exact.
 */

/** The head's key. */
export const HEAD = "e~";
/** What the keys of entries begin with. */
export const ENTRIES = "e/";

/** The head of a thread's history. */
export interface HistoryHead {
  readonly next: number;
  readonly count: number;
  readonly at: number;
  readonly from: number;
  readonly epoch: number;
}

/** The head of a history in which nothing was written. */
export const emptyHead: HistoryHead = { next: 0, count: 0, at: 0, from: 0, epoch: 0 };

/** The head that a record holds. */
export function decodeHead(record: OpenRecord | undefined): HistoryHead {
  return record ? (record.value() as HistoryHead) : emptyHead;
}

/** The cursor of an ordinal. */
export function cursorOf(ordinal: number): string {
  return ordinalKey(ordinal);
}

/** The key of the entry at a cursor. */
export function entryKey(cursor: string): string {
  return `${ENTRIES}${cursor}`;
}

/** The key of the record that finds an entry by its id. */
export function idKey(id: string): string {
  return `i/${encodeId(id)}`;
}

/** The cursor that an id's record holds. */
export function decodeCursor(record: OpenRecord): string {
  return record.value() as string;
}

/** An entry as the bytes of its record. */
export function encodeEntry(id: string, value: unknown, createdAt: number): Uint8Array {
  return encodeValue({ i: id, t: createdAt, v: value });
}

/** The entry that a record holds. */
export function decodeEntry<T>(record: OpenRecord): HistoryEntry<T> {
  const { i, t, v } = record.value() as { readonly i: string; readonly t: number; readonly v: T };
  return { id: i, value: v, createdAt: new Date(t), cursor: record.key.slice(ENTRIES.length) };
}
