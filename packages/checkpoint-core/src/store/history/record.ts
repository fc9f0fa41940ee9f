import { encodeId, ordinalKey } from "../../backend/keys.ts";
import { StorageError } from "../../errors.ts";
import { encodeValue, type OpenRecord } from "../partition.ts";
import type { AppendResult, HistoryEntry } from "./contract.ts";

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

/** The head that a record holds. Throws `CORRUPT` for what no write has left. */
export function decodeHead(record: OpenRecord | undefined): HistoryHead {
  if (record === undefined) return emptyHead;
  const { next, count, at, from, epoch } = fieldsOf(record);
  if (!isWhole(next) || !isWhole(count) || !isWhole(from) || !isWhole(epoch) || !isWhole(at))
    throw corrupt(record);
  if (from > next) throw corrupt(record);
  return { next, count, at, from, epoch };
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

/** What an id begins with that the store has made. A caller may name an entry that is there by one, and make none. */
const OWN = "~";

/** An id of the store's own, from its parts: no two lists of parts share one. */
export function ownId(kind: string, ...parts: readonly (string | number)[]): string {
  return [`${OWN}${kind}`, ...parts.map((part) => encodeId(String(part)))].join("/");
}

/** True for what only {@link ownId} makes. */
export function isOwnId(id: string): boolean {
  return id.startsWith(OWN);
}

/** The cursor that an id's record holds. Throws `CORRUPT` where it holds none. */
export function decodeCursor(record: OpenRecord): string {
  const cursor = record.value();
  if (!isCursor(cursor)) throw corrupt(record);
  return cursor;
}

/** True for what a cursor looks like. */
export function isCursor(cursor: unknown): cursor is string {
  return typeof cursor === "string" && /^\d{16}(\.\d{4})*$/.test(cursor);
}

/** What an operation's record remembers. Throws `CORRUPT` where it is no list of ids and their places. */
export function decodeResult(record: OpenRecord): AppendResult {
  const { ids, cursors } = fieldsOf(record);
  if (!isList(ids, isString) || !isList(cursors, isCursor) || ids.length !== cursors.length)
    throw corrupt(record);
  return { ids, cursors, replayed: true };
}

/** An entry as the bytes of its record. */
export function encodeEntry(id: string, value: unknown, createdAt: number): Uint8Array {
  return encodeValue({ i: id, t: createdAt, v: value });
}

/** The entry that a record holds. Throws `CORRUPT` for what is none. */
export function decodeEntry<T>(record: OpenRecord): HistoryEntry<T> {
  const fields = fieldsOf(record);
  const { i, t, v } = fields;
  const cursor = record.key.slice(ENTRIES.length);
  if (typeof i !== "string" || !isWhole(t) || !Object.hasOwn(fields, "v") || !isCursor(cursor))
    throw corrupt(record);
  return { id: i, value: v as T, createdAt: new Date(t), cursor };
}

function fieldsOf(record: OpenRecord): Readonly<Record<string, unknown>> {
  const value = record.value();
  if (typeof value !== "object" || value === null) throw corrupt(record);
  return value as Record<string, unknown>;
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isList<T>(list: unknown, is: (item: unknown) => item is T): list is readonly T[] {
  return Array.isArray(list) && list.every(is);
}

function corrupt({ key }: OpenRecord): StorageError {
  return new StorageError("CORRUPT", `What is stored under ${key} is no part of a history.`);
}
