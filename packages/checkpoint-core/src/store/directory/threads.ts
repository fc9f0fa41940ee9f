import type { Write } from "../../backend/contract.ts";
import { encodeId, prefixRange } from "../../backend/keys.ts";
import { ConflictError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { keysInLists } from "./by-name.ts";
import { listing, type Listing, listKeys, type Place, placeKey, PLACES } from "./keys.ts";
import { shardOf } from "./shards.ts";
import { encodeValue, type OpenRecord, type Partition } from "../partition.ts";
import { type Decision, transact } from "../transact.ts";
import { readOrError } from "../unreadable.ts";
import { listTenant } from "./tenants.ts";

/** A place as it was read. */
export interface FoundPlace extends Place {
  readonly revision: number;
}

/** How often a thread moves in its lists, at most. */
const TOUCH_MS = 60_000;
/** How long an index that does not answer holds up a write that has landed, once in that time. */
const PATIENCE_MS = 1000;
/** Places of one thread that are looked at. */
const MAX_PLACES = 4;

/** What says whose a thread is, now; nothing where it does not live, or is about to end. */
export type Lives = () => Promise<Listing | undefined>;

/** The thread is listed for its tenant and its owner, before its life begins. */
export async function listThread(
  context: StoreContext,
  { threadId, owner }: Listing,
  now: number,
): Promise<Place> {
  const place: Place = { ...listing(threadId, owner), at: now };
  await listTenant(context, now);
  await setPlace(context, place, now);
  context.known.add(knownAs(context, threadId), now);
  return place;
}

/** The thread stands in its lists as this place says, and nowhere else. */
export async function setPlace(context: StoreContext, place: Place, now: number): Promise<void> {
  const index = indexOf(context, place.threadId);
  await transact(index, now, async (): Promise<Decision<void>> => {
    const found = await readPlace(index, place, now);
    return { writes: moveWrites(found, place), landed: () => undefined };
  });
}

/**
 * The thread stands in its lists as active within the last minute. Called when something has been written to it. Most calls do nothing: a process looks at most once a minute for a
 * thread, and moves it only when nobody else has. It never fails and takes a second at most, since what was written before it counts: where the index cannot be written or does not
 * answer, the thread stands lower in its lists than it should until it is touched again. A thread that `lives` and is not listed, after a crash between two writes of others, is listed again.
 */
export async function touchThread(
  context: StoreContext,
  threadId: string,
  lives: Lives,
  now: number,
): Promise<void> {
  const entry = knownAs(context, threadId);
  if (context.known.since(entry, now, TOUCH_MS)) return;
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timeout = setTimeout(() => {
    // The next writes do not wait as well.
    context.known.add(entry, now);
    resolve();
  }, PATIENCE_MS);
  await Promise.race([move(context, threadId, lives, now), late]);
  clearTimeout(timeout);
}

async function move(
  context: StoreContext,
  threadId: string,
  lives: Lives,
  now: number,
): Promise<void> {
  try {
    const places = await placesOf(context, threadId, now);
    const [found] = places.length === 1 ? places : await placesOfLiving(places, lives);
    if (!found) return await listAgain(context, lives, now);
    if (found.at <= now - TOUCH_MS)
      await indexOf(context, threadId).write(moveWrites(found, placeAt(found, now)), now);
    context.known.add(knownAs(context, threadId), now);
  } catch {
    // Of those that touch it at once one moves it; and an index that cannot be reached makes no write fail.
  }
}

/** The thread's places: one, or, where several users were about to create it, one for each of the first of them. */
async function placesOf(
  context: StoreContext,
  threadId: string,
  now: number,
): Promise<readonly FoundPlace[]> {
  const range = { ...prefixRange(`${PLACES}${encodeId(threadId)}/`), limit: MAX_PLACES };
  const { records } = await indexOf(context, threadId).scan(range, now);
  return records.map(decodePlace);
}

async function placesOfLiving(
  places: readonly FoundPlace[],
  lives: Lives,
): Promise<readonly FoundPlace[]> {
  const living = places.length === 0 ? undefined : await lives();
  return places.filter(({ owner }) => living && owner === living.owner);
}

/** A thread whose deletion has just taken its place away stays unlisted: it is looked at once more when it is listed. */
async function listAgain(context: StoreContext, lives: Lives, now: number): Promise<void> {
  const living = await lives();
  if (!living) return;
  await listThread(context, living, now);
  await unlistThread(context, living, lives, now);
}

/** Where the thread stands in the lists of an owner. */
export async function findThread(
  context: StoreContext,
  { threadId, owner }: Listing,
  now: number,
): Promise<FoundPlace | undefined> {
  return readPlace(indexOf(context, threadId), listing(threadId, owner), now);
}

/**
 * The thread is not listed for this owner, unless it lives and is the owner's. Whoever begins another life lists the thread once more when that has begun, so what is taken away
 * here is never its only place.
 */
export async function unlistThread(
  context: StoreContext,
  { threadId, owner }: Listing,
  lives: Lives,
  now: number,
): Promise<void> {
  const index = indexOf(context, threadId);
  const listed = listing(threadId, owner);
  const key = placeKey(listed);
  await transact(index, now, async (): Promise<Decision<void>> => {
    const record = (await index.read([key], now)).get(key);
    const living = record && (await lives());
    if (!record || (living && living.owner === owner)) return { answer: undefined };
    context.known.delete(knownAs(context, threadId));
    const { read } = readOrError(() => decodePlace(record));
    const writes = read
      ? removeWrites(read)
      : deletions({ key, revision: record.revision }, await keysInLists(index, listed, now));
    return { writes, landed: () => undefined };
  });
}

/** A place that has not changed since it was read is gone. */
export async function removePlace(
  context: StoreContext,
  place: FoundPlace,
  now: number,
): Promise<void> {
  try {
    await indexOf(context, place.threadId).write(removeWrites(place), now);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
}

/** The place that a record holds. */
export function decodePlace(record: OpenRecord): FoundPlace {
  return { ...(record.value() as Place), revision: record.revision };
}

function indexOf(context: StoreContext, threadId: string): Partition {
  return context.index("d", shardOf(threadId));
}

function knownAs(context: StoreContext, threadId: string): string {
  return context.unwatched(threadId).name;
}

async function readPlace(
  index: Partition,
  listed: Listing,
  now: number,
): Promise<FoundPlace | undefined> {
  const key = placeKey(listed);
  const record = (await index.read([key], now)).get(key);
  return record && decodePlace(record);
}

/** The place at another time. */
function placeAt({ threadId, owner }: FoundPlace, at: number): Place {
  return { ...listing(threadId, owner), at };
}

function moveWrites(found: FoundPlace | undefined, place: Place): readonly Write[] {
  const { threadId, owner } = place;
  const keys = listKeys(place);
  const old = (found ? listKeys(found) : []).filter((key) => !keys.includes(key));
  const value = encodeValue(listing(threadId, owner));
  return [
    {
      op: "put",
      key: placeKey(place),
      value: encodeValue(place),
      expect: found?.revision ?? "absent",
    },
    ...old.map((key): Write => ({ op: "delete", key, expect: "any" })),
    ...keys.map((key): Write => ({ op: "put", key, value, expect: "any" })),
  ];
}

function removeWrites(found: FoundPlace): readonly Write[] {
  return deletions({ key: placeKey(found), revision: found.revision }, listKeys(found));
}

function deletions(
  { key: place, revision }: { readonly key: string; readonly revision: number },
  keys: readonly string[],
): readonly Write[] {
  return [
    { op: "delete", key: place, expect: revision },
    ...keys.map((key): Write => ({ op: "delete", key, expect: "any" })),
  ];
}
