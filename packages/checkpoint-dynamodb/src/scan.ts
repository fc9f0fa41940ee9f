import type { Page, ScanRange, StoredRecord } from "@perdure/checkpoint-core";
import { type Ground, isEmpty, lags, readStanding } from "./instant.ts";
import { isLive, recordOf, sortKey } from "./item.ts";
import { patience } from "./pause.ts";
import { isSame, type Standing } from "./standing.ts";
import type { Item } from "./table.ts";

/**
 * One page of the range: what one query finds, at most 1 MB, with the records of the partition's own item. A query promises no instant, so the partition's item is read after it: the page counts when no write came between,
 * or when the one that did shows in the page with all that it did there, save to records that expire: those the service may have deleted since.
 */
export async function scanPage(
  ground: Ground,
  partition: string,
  range: ScanRange,
  now: number,
): Promise<Page> {
  if (range.from >= range.to) return { records: [] };
  const waiting = patience(ground.waitMs, `Scans of partition ${partition}`);
  const known = ground.known.get(partition);
  let before = known && !isEmpty(known) ? known : await readStanding(ground, partition);
  for (;;) {
    if (isEmpty(before)) return { records: [] };
    const found = await query(ground, partition, before.life, range);
    const after = await readStanding(ground, partition);
    if (isEmpty(after)) return { records: [] };
    if (isOneInstant(before, after, found)) return pageOf(found, after, range, now);
    if (!isSame(before, after)) before = after;
    else await waiting.pause();
  }
}

/** What a query found: the records in their order, and how far it looked. */
interface Found {
  readonly records: ReadonlyMap<string, StoredRecord>;
  /** The last key that it looked at; `undefined` where it came to the end. */
  readonly last?: string;
  readonly covers: (key: string) => boolean;
}

async function query(
  { table }: Ground,
  partition: string,
  life: number,
  { from, to, reverse = false, limit }: ScanRange,
): Promise<Found> {
  const { items, last } = await table.query({
    KeyConditionExpression: "pk = :pk and sk between :from and :to",
    ExpressionAttributeValues: {
      ":pk": { S: partition },
      ":from": { S: sortKey(life, from) },
      ":to": { S: sortKey(life, to) },
    },
    ScanIndexForward: !reverse,
    // One more: the upper bound itself is none of the range, and the service has no range without it.
    Limit: limit + 1,
  });
  const keyOf = ({ sk }: Item): string => (sk?.S ?? "").slice(sortKey(life, "").length);
  const records = items.map((item) => recordOf(item, keyOf(item))).filter(({ key }) => key < to);
  const end = last && keyOf(last);
  const covers = (key: string): boolean =>
    key >= from && key < to && (end === undefined || (reverse ? key >= end : key <= end));
  return {
    records: new Map(records.map((record) => [record.key, record])),
    covers,
    ...(end === undefined ? {} : { last: end }),
  };
}

function isOneInstant(before: Standing, after: Standing, found: Found): boolean {
  const { trace } = after;
  const covered = [...(trace?.put ?? []), ...(trace?.deleted ?? [])].filter(found.covers);
  if (lags(after, covered, found.records)) return false;
  // Of one write in between all that it did is known; of more than one it is not.
  return (
    isSame(before, after) ||
    (before.life === after.life &&
      after.revision === before.revision + 1 &&
      trace?.revision === after.revision)
  );
}

/** The page of live records, those of the partition's own item among them. */
function pageOf(
  { records, last, covers }: Found,
  { inline }: Standing,
  { reverse = false, limit }: ScanRange,
  now: number,
): Page {
  const small = [...inline.values()].filter(({ key }) => covers(key));
  const all = [...new Map([...records, ...small.map((one) => [one.key, one] as const)]).values()];
  const live = all.filter((record) => isLive(record, now)).toSorted(byKey);
  if (reverse) live.reverse();
  if (live.length > limit) {
    const taken = live.slice(0, limit);
    const next = reverse ? taken.at(-1)?.key : live[limit]?.key;
    return next === undefined ? { records: taken } : { records: taken, next };
  }
  if (last === undefined) return { records: live };
  // Behind the last key comes that key with the lowest sign that is none of a key.
  return { records: live, next: reverse ? last : `${last} ` };
}

/** JavaScript compares ASCII strings byte by byte. */
function byKey(one: StoredRecord, other: StoredRecord): number {
  return one.key < other.key ? -1 : 1;
}
