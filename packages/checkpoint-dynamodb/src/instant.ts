import type { StoredRecord } from "@perdure/checkpoint-core";
import { isCollision, isOverSize } from "./errors.ts";
import { isLive, partitionKey, recordKey, recordOf } from "./item.ts";
import type { Known } from "./known.ts";
import { patience } from "./pause.ts";
import { isSame, isSmallKey, nothing, type Standing, standingOf } from "./standing.ts";
import type { Item, Table } from "./table.ts";

/** What every verb needs. */
export interface Ground {
  readonly table: Table;
  readonly known: Known;
  /** Milliseconds until a call that meets others gives up. */
  readonly waitMs: number;
}

/** A partition at one instant: how it stands, and those of the records asked for that are there, expired ones too. A dropped one has none. */
export interface Instant {
  readonly standing: Standing;
  readonly records: ReadonlyMap<string, StoredRecord>;
}

/** The records that are there under these keys, in their order, as of one instant. */
export async function readRecords(
  ground: Ground,
  partition: string,
  keys: readonly string[],
  now: number,
): Promise<readonly (StoredRecord | undefined)[]> {
  if (keys.length === 0) return [];
  const { records } = await readInstant(ground, partition, [...new Set(keys)]);
  return keys.map((key) => {
    const record = records.get(key);
    return isLive(record, now) ? record : undefined;
  });
}

/** How a partition stands now: one item, one unit. */
export async function readStanding({ table, known }: Ground, partition: string): Promise<Standing> {
  const standing = standingOf(await table.get(partitionKey(partition)));
  known.keep(partition, standing);
  return standing;
}

/**
 * The records under these keys with how their partition stands, all as of one instant. Records of the partition's own item come with that; one other record is read beside it, several in a transaction. Where it shows
 * only then that the partition lives another life, or where a record lies, it is read again.
 */
export async function readInstant(
  ground: Ground,
  partition: string,
  keys: readonly string[],
): Promise<Instant> {
  const waiting = patience(ground.waitMs, `Reads of partition ${partition}`);
  let guess = ground.known.get(partition) ?? nothing;
  for (;;) {
    const { life } = guess;
    const own = keys.filter((key) => mayHaveItem(guess, key));
    const seen = await look(ground.table, partition, life, own, keys.length === 1);
    if (seen) {
      const { standing, records } = seen;
      ground.known.keep(partition, standing);
      if (isEmpty(standing)) return { standing, records: new Map() };
      if (
        standing.life !== life ||
        keys.some((key) => mayHaveItem(standing, key) && !own.includes(key))
      ) {
        guess = standing;
        continue;
      }
      if (!lags(standing, own, records))
        return { standing, records: new Map([...records, ...standing.inline]) };
    }
    await waiting.pause();
  }
}

/** Whether nothing can be read of a partition: it never was, or was dropped. */
export function isEmpty({ revision, dropped }: Standing): boolean {
  return dropped || revision === 0;
}

/**
 * Whether what was read of these keys misses what the partition's own item tells of its last write. A transaction shows in one item before it shows in the other when they are read one by one: the service
 * promises one instant only to reads that are transactions themselves.
 */
export function lags(
  { trace }: Standing,
  keys: readonly string[],
  records: ReadonlyMap<string, StoredRecord>,
): boolean {
  if (!trace) return false;
  const isLate = (key: string): boolean => (records.get(key)?.revision ?? 0) < trace.revision;
  return (
    keys.some((key) => trace.put.includes(key) && isLate(key)) ||
    keys.some((key) => trace.deleted.includes(key) && records.has(key) && isLate(key))
  );
}

function mayHaveItem({ inline, spilled }: Standing, key: string): boolean {
  return !isSmallKey(key) || (spilled && !inline.has(key));
}

/** One look at the partition's own item and at records of a life; `undefined` where others were in the way. */
async function look(
  table: Table,
  partition: string,
  life: number,
  keys: readonly string[],
  alone: boolean,
): Promise<Instant | undefined> {
  const at = keys.map((key) => recordKey(partition, life, key));
  const all = [partitionKey(partition), ...at];
  try {
    const [first, ...rest] =
      keys.length === 0 || alone
        ? await Promise.all(all.map((key) => table.get(key)))
        : await table.getTogether(all);
    return { standing: standingOf(first), records: recordsOf(keys, rest) };
  } catch (error) {
    if (isCollision(error)) return undefined;
    if (isOverSize(error) && keys.length > 1) return inHalves(table, partition, life, keys);
    throw error;
  }
}

/** What one transaction cannot read at once, in two; they are of one instant where the partition has not changed between them. */
async function inHalves(
  table: Table,
  partition: string,
  life: number,
  keys: readonly string[],
): Promise<Instant | undefined> {
  const middle = Math.ceil(keys.length / 2);
  const one = await look(table, partition, life, keys.slice(0, middle), false);
  const other = one && (await look(table, partition, life, keys.slice(middle), false));
  if (!other || !isSame(one.standing, other.standing)) return undefined;
  return { standing: one.standing, records: new Map([...one.records, ...other.records]) };
}

function recordsOf(
  keys: readonly string[],
  items: readonly (Item | undefined)[],
): ReadonlyMap<string, StoredRecord> {
  return new Map(
    keys.flatMap((key, index) => {
      const item = items[index];
      return item ? [[key, recordOf(item, key)] as const] : [];
    }),
  );
}
