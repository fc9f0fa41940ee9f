import { isStorageError, StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { checkId, checkWhole } from "../operation.ts";
import type { OpenRecord, Partition } from "../partition.ts";
import { LIFE, type Life, lifeIn } from "../life/life.ts";
import type { HistoryEntry, HistoryRange } from "./contract.ts";
import {
  cursorOf,
  decodeEntry,
  decodeHead,
  ENTRIES,
  entryKey,
  HEAD,
  type HistoryHead,
  holeAt,
  isCursor,
} from "./record.ts";

/** Entries of one page: a scan answers fewer when they are large. */
const PAGE = 500;
/** Entries of the first page where bytes are counted: what they weigh says how many more to ask for. */
const FIRST_PAGE = 16;
/** Reads of one call that were overtaken by a rewrite before it gives up. */
const MAX_READS = 50;

/** The entries of a range in write order, all as of one instant; see `HistoryStore.read`. */
export async function readEntries<T>(
  context: StoreContext,
  threadId: string,
  range: HistoryRange,
): Promise<HistoryEntry<T>[]> {
  checkId("threadId", threadId);
  checkRange(range);
  const reading = { context, partition: context.thread(threadId), range, now: context.now() };
  if (range.limit === 0) {
    lifeIn(context, await reading.partition.read([LIFE], reading.now));
    return [];
  }
  for (let reads = 0; reads < MAX_READS; reads += 1) {
    const entries = await readOnce(reading);
    if (entries) return decodeAll<T>(entries.toReversed(), range.onDamaged);
  }
  throw new StorageError(
    "CONTENTION",
    `The history was rewritten ${MAX_READS} times while it was read.`,
  );
}

/** The entries that records hold. One that cannot be read is told to the caller who asks for that, and else ends the read: it is never left out in silence. */
function decodeAll<T>(
  records: readonly OpenRecord[],
  onDamaged: HistoryRange["onDamaged"],
): HistoryEntry<T>[] {
  return records.flatMap((record) => {
    try {
      return [decodeEntry<T>(record)];
    } catch (error) {
      if (!onDamaged || !isStorageError(error)) throw error;
      onDamaged(record.key.slice(ENTRIES.length), error);
      return [];
    }
  });
}

/** The history's head, once it is sure that the scope's user may see it. */
export async function readHead(context: StoreContext, threadId: string): Promise<HistoryHead> {
  checkId("threadId", threadId);
  const now = context.now();
  const snapshot = await context.thread(threadId).read([LIFE, HEAD], now);
  lifeIn(context, snapshot);
  return decodeHead(snapshot.get(HEAD));
}

interface Reading {
  readonly context: StoreContext;
  readonly partition: Partition;
  readonly range: HistoryRange;
  readonly now: number;
}

/**
 * Newest first; `undefined` when a rewrite or another life came between two looks at what had been written. What one scan found is of one instant: for that only the
 * life is looked at, and only where it matters whose it is.
 */
async function readOnce(reading: Reading): Promise<OpenRecord[] | undefined> {
  const { context, partition, range, now } = reading;
  const seen: Seen = { head: undefined, pages: 0, entries: 0, bytes: 0 };
  const bounded = range.before !== undefined || range.upTo !== undefined;
  if (bounded) {
    const first = await partition.read([LIFE, HEAD], now);
    lifeIn(context, first);
    seen.head = first.get(HEAD);
  }
  const entries = await toOwner(
    reading,
    collect(newestFirst(partition, range, now, seen), range, seen),
  );
  const oneInstant = seen.pages === 1 && !bounded;
  if (oneInstant && context.scope.user === undefined) return entries;
  const last = await partition.read([LIFE, HEAD], now);
  const life = lifeIn(context, last);
  return entries.length === 0 || isOf(life, seen.head, oneInstant ? undefined : last.get(HEAD))
    ? entries
    : undefined;
}

/** What was found, or why it cannot be read, which is for the thread's owner to know: anybody else is told `FORBIDDEN` first. */
async function toOwner<T>({ context, partition, now }: Reading, found: Promise<T>): Promise<T> {
  try {
    return await found;
  } catch (error) {
    if (context.scope.user !== undefined) lifeIn(context, await partition.read([LIFE], now));
    throw error;
  }
}

/** True for a head of this life that no rewrite has moved since. Revisions never restart, so one that is older than the life is of a life before it. */
function isOf(
  life: Life | undefined,
  head: OpenRecord | undefined,
  later: OpenRecord | undefined = head,
): boolean {
  if (life === undefined || head === undefined || head.revision < life.revision) return false;
  return decodeHead(head).epoch === decodeHead(later).epoch;
}

async function collect(
  pages: AsyncIterable<EntryPage>,
  { limit = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY }: HistoryRange,
  seen: Seen,
): Promise<OpenRecord[]> {
  const entries: OpenRecord[] = [];
  const isCounted = Number.isFinite(maxBytes);
  for await (const { records, floor } of pages)
    for (const record of records) {
      if (isCounted) seen.bytes += bytesOf(record);
      seen.entries += 1;
      const full = entries.length > 0 && seen.bytes > maxBytes;
      if (full || record.key < floor) return entries;
      entries.push(record);
      if (entries.length === limit) return entries;
    }
  return entries;
}

/** Entries as one scan found them, newest first, and the key below which nothing is shown. */
interface EntryPage {
  readonly records: readonly OpenRecord[];
  readonly floor: string;
}

/** Bytes of an entry; none of one that cannot be opened, which is told when it is decoded. */
function bytesOf(record: OpenRecord): number {
  try {
    return record.bytes.byteLength;
  } catch (error) {
    if (isStorageError(error)) return 0;
    throw error;
  }
}

interface Seen {
  /** The head's record, once it was seen. */
  head: OpenRecord | undefined;
  pages: number;
  /** Entries that were looked at, and their bytes. */
  entries: number;
  bytes: number;
}

/**
 * The entries below the range's upper bound, a page at a time; what a hole hides is passed over. Without a bound the first page holds the head as well, so that head
 * and entries are of one instant and a short read is one round trip.
 */
async function* newestFirst(
  partition: Partition,
  range: HistoryRange,
  now: number,
  seen: Seen,
): AsyncGenerator<EntryPage> {
  const from = entryKey(range.after === undefined ? "" : `${range.after}!`);
  for (let to: string | undefined = upperBound(range); to !== undefined && from < to; ) {
    const limit = pageOf(range, seen);
    const page = await partition.scan({ from, to, reverse: true, limit }, now);
    seen.pages += 1;
    to = page.next;
    const head = page.records.find(({ key }) => key === HEAD);
    if (head) seen.head = head;
    const shown = decodeHead(seen.head);
    const records: OpenRecord[] = [];
    for (const record of page.records) {
      if (record.key === HEAD) continue;
      const hole = holeAt(shown, record.key.slice(ENTRIES.length));
      if (hole) {
        to = entryKey(hole.from);
        break;
      }
      records.push(record);
    }
    yield { records, floor: entryKey(cursorOf(shown.from)) };
  }
}

/** How many entries to ask for: about as many as are still wanted, and one more where the head may be among them. */
function pageOf(
  { limit = Number.POSITIVE_INFINITY, maxBytes }: HistoryRange,
  { entries, bytes }: Seen,
): number {
  const left = limit - entries + 1;
  if (maxBytes === undefined) return Math.min(PAGE, left);
  const likely =
    entries === 0 ? FIRST_PAGE : Math.ceil(((maxBytes - bytes) * entries) / Math.max(1, bytes));
  return Math.min(PAGE, left, Math.max(1, likely) + 1);
}

/** Exclusive: behind the head without a bound, ahead of `before`, just behind `upTo`. */
function upperBound({ before, upTo }: HistoryRange): string {
  const bounds = [`${HEAD}~`];
  if (before !== undefined) bounds.push(entryKey(before));
  if (upTo !== undefined) bounds.push(entryKey(`${upTo}!`));
  return bounds.reduce((low, bound) => (bound < low ? bound : low));
}

function checkRange({ limit, maxBytes, onDamaged, ...cursors }: HistoryRange): void {
  if (onDamaged !== undefined && typeof onDamaged !== "function")
    throw new StorageError("INVALID_ARGUMENT", "onDamaged must be a function.");
  if (limit !== undefined) checkWhole("limit", limit);
  if (maxBytes !== undefined) checkWhole("maxBytes", maxBytes, 1);
  for (const [name, cursor] of Object.entries(cursors))
    if (cursor !== undefined) checkCursor(name, cursor);
}

/** Refuses what is not a cursor that a read has answered. */
export function checkCursor(what: string, cursor: unknown): asserts cursor is string {
  if (!isCursor(cursor))
    throw new StorageError("INVALID_ARGUMENT", `${what} is not a cursor of this history.`);
}
