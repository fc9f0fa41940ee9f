import { encodeId, encodeShort, ordinalKey } from "../../backend/keys.ts";
import { type Frame, openFrame, sealFrameText } from "../../codec/frame.ts";
import { frameHead } from "../../codec/frameHead.ts";
import { decodeText, encodeText } from "../../codec/text.ts";
import { isStorageError, StorageError } from "../../errors.ts";
import { operationKey } from "../operation.ts";
import { encodeFields, type OpenRecord } from "../partition.ts";
import type { AppendResult, HistoryEntry } from "./contract.ts";

/*
 * The records of a thread's history:
 *
 *   e/<cursor>   an entry, as a frame with a checksum: in its head `i` its id and `t` when it was first written; its value is the body. A cursor is an ordinal of
 *                fixed width; entries that a replacement put between two others have suffixes behind it.
 *   e~           the head: `next` ordinal, `count`, `at` of the last write, `from` (what lies below is gone), `holes` (what lies in them is gone, too), `epoch` (moved
 *                by each write that rewrites what was there). It sorts behind all entries, so that one reverse scan reads it with the last n of them as of one instant.
 *   i/<id>       the cursor of the entry with that id.
 *   o/append//…  the operation's record, which stands for the `i/` of all entries that the append named: as long as one of them is there it does not expire.
 *
 * Every write of the history compares the head's revision, so a cursor is known before the write and the count is exact. An id is there where the entry at its
 * cursor is shown and says so itself.
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
  readonly holes: readonly Hole[];
}

/** Places from one to another, both included, that hold nothing any more, whatever is still stored there. */
export interface Hole {
  readonly from: string;
  readonly to: string;
}

/** The head of a history in which nothing was written. */
export const emptyHead: HistoryHead = {
  next: 0,
  count: 0,
  at: 0,
  from: 0,
  epoch: 0,
  holes: [],
};

/** The head that a record holds. Throws `CORRUPT` for what no write has left. */
export function decodeHead(record: OpenRecord | undefined): HistoryHead {
  if (record === undefined) return emptyHead;
  const { next, count, at, from, epoch, holes = [] } = fieldsOf(record);
  if (!isWhole(next) || !isWhole(count) || !isWhole(from) || !isWhole(epoch) || !isWhole(at))
    throw corrupt(record);
  if (from > next || !isList(holes, isHole)) throw corrupt(record);
  return { next, count, at, from, epoch, holes };
}

/** The head as the bytes of its record. */
export function encodeHead({ next, count, at, from, epoch, holes }: HistoryHead): Uint8Array {
  const given = holes.length === 0 ? undefined : holes;
  return encodeFields({ next, count, at, from, epoch, holes: given });
}

/** The hole that hides a place, if one does. */
export function holeAt({ holes }: HistoryHead, cursor: string): Hole | undefined {
  return holes.find(({ from, to }) => from <= cursor && cursor <= to);
}

/** True for a place whose entry readers may see. */
export function isShown(head: HistoryHead, cursor: string): boolean {
  return cursor >= cursorOf(head.from) && holeAt(head, cursor) === undefined;
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
  let id = `${OWN}${kind}`;
  for (const part of parts) id += `/${encodeId(String(part))}`;
  return id;
}

/** The id of an entry that an operation made, which names the operation as its record's key does. */
export function madeId(verb: string, operationId: string, index: number): string {
  return `${OWN}${verb}/${encodeShort(operationId)}/${index}`;
}

/** True for what only {@link ownId} and {@link madeId} make. */
export function isOwnId(id: string): boolean {
  return id.startsWith(OWN);
}

/** What the keys of the records of appends begin with. */
const APPENDS = operationKey("append", "-").slice(0, -1);

/** Where the operation's record is that stands for an id's own, and which of its entries the id names; `undefined` for an id that no append has made. */
export function appendOf(
  id: string,
): { readonly operation: string; readonly index: number } | undefined {
  const [kind, operation, index, ...rest] = id.split("/");
  if (kind !== `${OWN}append` || !operation || rest.length > 0 || !/^\d{1,9}$/.test(index ?? ""))
    return undefined;
  return { operation: `${APPENDS}${operation}`, index: Number(index) };
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

/** What the record of an append, an upsert or a replacement remembers. */
export interface WrittenEntries {
  readonly ids: readonly string[];
  readonly cursors: readonly string[];
  /** How many of the ids that the operation made still name an entry. */
  readonly left: number;
}

/** What an operation's record remembers. Throws `CORRUPT` where it is no list of ids and their places. */
export function decodeResult(record: OpenRecord): AppendResult {
  const { ids, cursors } = decodeWritten(record);
  return { ids, cursors, replayed: true };
}

/** The whole of what an operation's record remembers. Throws `CORRUPT` likewise. */
export function decodeWritten(record: OpenRecord): WrittenEntries {
  const { ids, cursors, left = 0 } = fieldsOf(record);
  if (!isList(ids, isString) || !isList(cursors, isCursor) || !isWhole(left)) throw corrupt(record);
  if (ids.length !== cursors.length) throw corrupt(record);
  return { ids, cursors, left };
}

/** An entry as the bytes of its record. Throws `UNSUPPORTED_VALUE` or `TOO_LARGE` for what cannot be kept. */
export function encodeEntry(id: string, value: unknown, createdAt: number): Uint8Array {
  return sealEntry(id, encodeText(value), createdAt);
}

/** An entry whose value is text already, as the bytes of its record. */
export function sealEntry(id: string, text: string, createdAt: number): Uint8Array {
  return sealFrameText(JSON.stringify({ i: id, t: createdAt }), text);
}

/** The entry that a record holds. Throws `CORRUPT` for what is none, and names its cursor. */
export function decodeEntry<T>(record: OpenRecord): HistoryEntry<T> {
  return reading(record, () => {
    const { body, id, createdAt, cursor } = openEntry(record);
    const value = decodeText(body()) as T;
    return { id, value, createdAt: new Date(createdAt), cursor, revision: record.revision };
  });
}

/** The same entry as the bytes of another record: its value goes along as the text that it is. Throws as {@link decodeEntry} does, but for what only the value's text tells. */
export function copyEntry(record: OpenRecord): { readonly id: string; readonly bytes: Uint8Array } {
  return reading(record, () => {
    const { body, id, createdAt } = openEntry(record);
    return { id, bytes: sealEntry(id, body(), createdAt) };
  });
}

/** What an entry's record says beside the value. Throws as {@link decodeEntry} does. */
export function peekEntry(record: OpenRecord): EntryHead {
  return reading(record, () => {
    const { id, createdAt, cursor } = openEntry(record);
    return { id, createdAt, cursor };
  });
}

/** An entry without its value. */
export interface EntryHead {
  readonly id: string;
  readonly cursor: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

function openEntry(record: OpenRecord): EntryHead & { readonly body: () => string } {
  const { head, body } = frameOf(record);
  const { i, t } = (head ?? {}) as Readonly<Record<string, unknown>>;
  const cursor = record.key.slice(ENTRIES.length);
  if (typeof i !== "string" || !isWhole(t) || !isCursor(cursor)) throw corrupt(record);
  return { body, id: i, createdAt: t, cursor };
}

/** The record's frame; of a large value that was read in part its head alone. */
function frameOf(record: OpenRecord): Pick<Frame, "head" | "body"> {
  if (!record.start) return openFrame(record.bytes);
  const body = (): never => {
    throw new StorageError("INVALID_ARGUMENT", `${record.key} was read in part.`);
  };
  const found = frameHead(record.start());
  if (!found) throw corrupt(record);
  return { head: found.head, body };
}

/** Says which entry it was that could not be read. */
function reading<T>(record: OpenRecord, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!isStorageError(cause)) throw cause;
    const cursor = record.key.slice(ENTRIES.length);
    // Damage may look like a size that no value has.
    const code = cause.code === "TOO_LARGE" ? "CORRUPT" : cause.code;
    throw new StorageError(code, `The entry at ${cursor} cannot be read: ${cause.message}`, {
      cause,
    });
  }
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

function isHole(hole: unknown): hole is Hole {
  const { from, to } = (hole ?? {}) as Readonly<Record<string, unknown>>;
  return isCursor(from) && isCursor(to) && from <= to;
}

function isList<T>(list: unknown, is: (item: unknown) => item is T): list is readonly T[] {
  return Array.isArray(list) && list.every(is);
}

function corrupt({ key }: OpenRecord): StorageError {
  return new StorageError("CORRUPT", `What is stored under ${key} is no part of a history.`);
}
