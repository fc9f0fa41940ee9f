import { StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { checkId, checkWhole } from "../operation.ts";
import type { OpenRecord, Partition } from "../partition.ts";
import { LIFE, lifeIn } from "../threads/life.ts";
import type { HistoryEntry, HistoryRange } from "./contract.ts";
import {
  cursorOf,
  decodeEntry,
  decodeHead,
  emptyHead,
  ENTRIES,
  entryKey,
  HEAD,
  type HistoryHead,
} from "./record.ts";

/** Entries of one page: a scan answers fewer when they are large. */
const PAGE = 500;
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
  const partition = context.thread(threadId);
  const now = context.now();
  if (context.scope.user !== undefined) lifeIn(context, await partition.read([LIFE], now));
  if (range.limit === 0) return [];
  for (let reads = 0; reads < MAX_READS; reads += 1) {
    const entries = await readOnce(partition, range, now);
    if (entries) return entries.toReversed().map((record) => decodeEntry<T>(record));
  }
  throw new StorageError(
    "CONTENTION",
    `The history was rewritten ${MAX_READS} times while it was read.`,
  );
}

/** The history's head, once it is sure that the scope's user may see it. */
export async function readHead(context: StoreContext, threadId: string): Promise<HistoryHead> {
  checkId("threadId", threadId);
  const now = context.now();
  const snapshot = await context.thread(threadId).read([LIFE, HEAD], now);
  lifeIn(context, snapshot);
  return decodeHead(snapshot.get(HEAD));
}

/** Newest first; `undefined` when a rewrite came between two looks at what had been written. */
async function readOnce(
  partition: Partition,
  range: HistoryRange,
  now: number,
): Promise<OpenRecord[] | undefined> {
  const bounded = range.before !== undefined || range.upTo !== undefined;
  const seen: Seen = { head: bounded ? await headOf(partition, now) : emptyHead, pages: 0 };
  const entries = await collect(newestFirst(partition, range, now, seen), range, seen);
  if (seen.pages === 1 && !bounded) return entries;
  const { epoch } = await headOf(partition, now);
  return epoch === seen.head.epoch ? entries : undefined;
}

async function collect(
  records: AsyncIterable<OpenRecord>,
  { limit = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY }: HistoryRange,
  seen: Seen,
): Promise<OpenRecord[]> {
  const entries: OpenRecord[] = [];
  let bytes = 0;
  for await (const record of records) {
    bytes += record.bytes.byteLength;
    const full = entries.length > 0 && bytes > maxBytes;
    if (full || record.key < entryKey(cursorOf(seen.head.from))) break;
    entries.push(record);
    if (entries.length === limit) break;
  }
  return entries;
}

interface Seen {
  head: HistoryHead;
  pages: number;
}

/**
 * The entries below the range's upper bound, a page at a time. Without one the first page holds the head as well, so that head and entries are of one instant and
 * a short read is one round trip.
 */
async function* newestFirst(
  partition: Partition,
  range: HistoryRange,
  now: number,
  seen: Seen,
): AsyncGenerator<OpenRecord> {
  const from = entryKey(range.after === undefined ? "" : `${range.after}!`);
  const limit = Math.min(PAGE, (range.limit ?? PAGE) + 1);
  for (let to: string | undefined = upperBound(range); to !== undefined; ) {
    const page = await partition.scan({ from, to, reverse: true, limit }, now);
    seen.pages += 1;
    for (const record of page.records)
      if (record.key === HEAD) seen.head = decodeHead(record);
      else yield record;
    to = page.next;
  }
}

async function headOf(partition: Partition, now: number): Promise<HistoryHead> {
  return decodeHead((await partition.read([HEAD], now)).get(HEAD));
}

/** Exclusive: behind the head without a bound, ahead of `before`, just behind `upTo`. */
function upperBound({ before, upTo }: HistoryRange): string {
  const bounds = [`${HEAD}~`];
  if (before !== undefined) bounds.push(entryKey(before));
  if (upTo !== undefined) bounds.push(entryKey(`${upTo}!`));
  return bounds.reduce((low, bound) => (bound < low ? bound : low));
}

function checkRange({ limit, maxBytes, ...cursors }: HistoryRange): void {
  if (limit !== undefined) checkWhole("limit", limit);
  if (maxBytes !== undefined) checkWhole("maxBytes", maxBytes, 1);
  for (const [name, cursor] of Object.entries(cursors))
    if (cursor !== undefined) checkCursor(name, cursor);
}

/** Refuses what is not a cursor that a read has answered. */
export function checkCursor(what: string, cursor: unknown): asserts cursor is string {
  if (typeof cursor !== "string" || !/^\d{16}(\.\d{4})*$/.test(cursor))
    throw new StorageError("INVALID_ARGUMENT", `${what} is not a cursor of this history.`);
}

/** What the keys of all entries from a cursor on lie between. */
export function entriesBetween(
  from: string,
  to: string,
): { readonly from: string; readonly to: string } {
  return { from: `${ENTRIES}${from}`, to: `${ENTRIES}${to}!` };
}
