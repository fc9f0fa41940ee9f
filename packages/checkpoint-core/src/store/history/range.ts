import { withHead } from "../beginning.ts";
import type { OpenRecord, Partition } from "../partition.ts";
import { headOf } from "./find.ts";
import { cursorOf, ENTRIES, entryKey, type EntryHead, type HistoryHead, holeAt } from "./record.ts";

/** Entries looked at in one page; their values are let go before the next. */
const PAGE = 500;

/** What stands in a range: few things of it are kept, however long it is. */
export interface RangeSight {
  readonly count: number;
  /** The first places, as many as were asked for; one whose entry cannot be read has no head. */
  readonly first: readonly RangePlace[];
  /** The last place. */
  readonly last: string | undefined;
  /** The greatest revision of an entry; 0 where there is none. */
  readonly revision: number;
  /** The entries of the wanted ids that stand in the range. */
  readonly wanted: ReadonlyMap<string, EntryHead>;
}

/** A place and what stands there. */
export interface RangePlace {
  readonly cursor: string;
  readonly entry: EntryHead | undefined;
}

/** What is asked of a range. */
export interface RangeQuestion {
  readonly partition: Partition;
  readonly head: HistoryHead;
  readonly now: number;
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** How many of the first places to tell. */
  readonly places: number;
  readonly ids: ReadonlySet<string>;
}

/** Counts the shown entries of a range (`from` and `to` included, the ends of the history where there is none). */
export async function lookAtRange(question: RangeQuestion): Promise<RangeSight> {
  const { partition, now, places, ids } = question;
  const first: RangePlace[] = [];
  const wanted = new Map<string, EntryHead>();
  let [count, last, revision]: [number, string | undefined, number] = [0, undefined, 0];
  for await (const record of shownIn(question)) {
    const cursor = record.key.slice(ENTRIES.length);
    const whole =
      ids.size > 0 || first.length < places ? await withHead(partition, record, now) : undefined;
    const entry = whole && headOf(whole);
    if (first.length < places) first.push({ cursor, entry });
    if (entry && ids.has(entry.id)) wanted.set(entry.id, entry);
    count += 1;
    last = cursor;
    revision = Math.max(revision, record.revision);
  }
  return { count, first, last, revision, wanted };
}

async function* shownIn({
  partition,
  head,
  now,
  from,
  to,
}: RangeQuestion): AsyncGenerator<OpenRecord> {
  const lowest = cursorOf(head.from);
  const end = entryKey(`${to ?? cursorOf(head.next)}!`);
  let low: string | undefined = entryKey(from === undefined || from < lowest ? lowest : from);
  while (low !== undefined && low < end) {
    const page: Awaited<ReturnType<Partition["scan"]>> = await partition.scan(
      { from: low, to: end, limit: PAGE },
      now,
      { partial: true },
    );
    low = page.next;
    for (const record of page.records) {
      const hole = holeAt(head, record.key.slice(ENTRIES.length));
      if (hole) {
        low = entryKey(`${hole.to}!`);
        break;
      }
      yield record;
    }
  }
}

/** The first entry's place behind a place, whether it is shown or not. */
export async function placeBehind(
  partition: Partition,
  cursor: string,
  now: number,
): Promise<string | undefined> {
  const range = { from: entryKey(`${cursor}!`), to: entryKey("~"), limit: 1 };
  const [follower] = (await partition.scan(range, now, { partial: true })).records;
  return follower?.key.slice(ENTRIES.length);
}
