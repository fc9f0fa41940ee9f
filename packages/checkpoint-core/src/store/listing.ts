import { encodeId, ordinalKey, prefixRange } from "../backend/keys.ts";
import { StorageError } from "../errors.ts";
import { INDEX_SHARDS, type StoreContext } from "./context.ts";
import { checkWhole } from "./operation.ts";
import type { OpenRecord, Partition } from "./partition.ts";

/** A list across threads: entries under one prefix of the index partitions of a kind, in the order of their places. */
export interface Listing {
  readonly context: StoreContext;
  /** The kind of index partition. */
  readonly kind: string;
  readonly prefix: string;
  readonly newestFirst: boolean;
}

/** An entry of a list, with what is needed to remove it. */
export interface Listed {
  readonly record: OpenRecord;
  readonly index: Partition;
  /** The key without its prefix: where the next page goes on. */
  readonly place: string;
}

/** What one page asks for. */
export interface PageOptions {
  /** Where the page before ended; the first one when not given. */
  readonly cursor?: string | undefined;
  /** At most so many; 100 when not given, at most 1,000. */
  readonly limit?: number | undefined;
}

const MAX_LIMIT = 1000;

/** The prefix of the entries of one owner, so that a user's list reads no others; without one, that of all. */
export function ownersPrefix(list: string, owner: string | undefined): string {
  return owner === undefined ? `${list}/` : `${list}~/${encodeId(owner)}/`;
}

/** Where an entry stands: by time, then by name. Two entries have one place only if they have both in common. */
export function placeOf(at: number, name: string): string {
  return `${ordinalKey(Math.max(0, at))}/${encodeId(name)}`;
}

/** The time in a place. */
export function timeOf(place: string): number {
  return Number(place.split("/", 1)[0]);
}

/** The limit of a page, once page and cursor are found to be such. Throws `INVALID_ARGUMENT`. */
export function limitOf({ cursor, limit = 100 }: PageOptions): number {
  checkWhole("limit", limit, 1);
  if (limit > MAX_LIMIT)
    throw new StorageError("INVALID_ARGUMENT", `limit must be at most ${MAX_LIMIT}.`);
  const isCursor = typeof cursor === "string" && /^\d{16}\/[\w.~-]{1,200}$/.test(cursor);
  if (cursor !== undefined && !isCursor)
    throw new StorageError("INVALID_ARGUMENT", "cursor must be one that a page answered.");
  return limit;
}

/**
 * Up to `limit` entries behind the cursor, of all index partitions in one order, in one scan of each. What is listed once and stays is on one page and no other; `next` is there
 * exactly when there may be more.
 */
export async function readListing(
  listing: Listing,
  { cursor, limit }: { readonly cursor: string | undefined; readonly limit: number },
  now: number,
): Promise<{ readonly entries: readonly Listed[]; readonly next?: string }> {
  const { newestFirst } = listing;
  const shards = Array.from({ length: INDEX_SHARDS }, (_, shard) => shard);
  const pages = await Promise.all(
    shards.map(async (shard) => readShard(listing, shard, { cursor, limit }, now)),
  );
  const before = (one: string, other: string): boolean => (newestFirst ? one > other : one < other);
  const known = (key: string): boolean =>
    pages.every(({ next }) => (next === undefined ? true : newestFirst ? key >= next : key < next));
  const found = pages
    .flatMap(({ entries }) => entries)
    .toSorted((one, other) => (before(one.place, other.place) ? -1 : 1));
  const entries = found.filter(({ record }) => known(record.key)).slice(0, limit);
  const last = entries.at(-1);
  const isWhole = entries.length === found.length && pages.every(({ next }) => next === undefined);
  return isWhole || last === undefined ? { entries } : { entries, next: last.place };
}

interface ShardPage {
  readonly entries: readonly Listed[];
  /** The key from which on (or below which, newest first) the shard has not been read. */
  readonly next: string | undefined;
}

async function readShard(
  { context, kind, prefix, newestFirst }: Listing,
  shard: number,
  { cursor, limit }: { readonly cursor: string | undefined; readonly limit: number },
  now: number,
): Promise<ShardPage> {
  const index = context.index(kind, shard);
  const all = prefixRange(prefix);
  // "!" sorts before every character of a place: the first key behind the cursor.
  let from = cursor === undefined || newestFirst ? all.from : `${prefix}${cursor}!`;
  let to = cursor === undefined || !newestFirst ? all.to : `${prefix}${cursor}`;
  for (;;) {
    const page = await index.scan(
      { from, to, limit, ...(newestFirst ? { reverse: true } : {}) },
      now,
    );
    const entries = page.records.map((record): Listed => {
      return { record, index, place: record.key.slice(prefix.length) };
    });
    if (entries.length > 0 || page.next === undefined) return { entries, next: page.next };
    if (newestFirst) to = page.next;
    else from = page.next;
  }
}
