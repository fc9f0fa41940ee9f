import { StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import type { Listing } from "../directory/keys.ts";
import { findThread, removePlace } from "../directory/threads.ts";
import { type Listed, mergedList } from "../directory/merged.ts";
import { checkWhole } from "../operation.ts";
import { apart, isOfRecord, type Unreadable, unreadable } from "../unreadable.ts";
import type { Thread, ThreadPage, ThreadRange } from "./contract.ts";
import { THREAD, threadIn } from "./view.ts";

const MAX_LIMIT = 200;
/** Threads read at once. */
const READS = 16;
/** How old an entry is before it is taken away where no thread is: a creation lists first, and is done long before. */
const STALE_MS = 24 * 60 * 60 * 1000;

/** One page of the scope's threads; see `ThreadStore.list`. */
export async function listThreads(context: StoreContext, range: ThreadRange): Promise<ThreadPage> {
  const { limit, before } = checkRange(range);
  await context.ready();
  const now = context.now();
  const page = Math.max(8, Math.ceil(limit / 4));
  const list = mergedList(context, { owner: context.scope.user, before, page }, now);
  const { found, last } = await gather(context, list, limit, now);
  const { shown, told } = apart(found);
  const more = found.length === limit && (await take(list, 1)).length > 0;
  return {
    threads: shown.toSorted(newestFirst),
    ...told,
    ...(more ? { cursor: cursorOf(last) } : {}),
  };
}

function checkRange({ limit = 50, cursor }: ThreadRange): {
  readonly limit: number;
  readonly before: string | undefined;
} {
  checkWhole("limit", limit, 1);
  if (limit > MAX_LIMIT)
    throw new StorageError("INVALID_ARGUMENT", `limit must be at most ${MAX_LIMIT}.`);
  return { limit, before: cursor === undefined ? undefined : placeOf(cursor) };
}

/** The next threads of a list, with those that cannot be read, a few read at once, and the place of the last entry that was looked at. Fewer than `limit` only at the list's end. */
async function gather(
  context: StoreContext,
  list: AsyncGenerator<Listed, void, undefined>,
  limit: number,
  now: number,
): Promise<{ readonly found: readonly (Thread | Unreadable)[]; readonly last: string }> {
  const found: (Thread | Unreadable)[] = [];
  let last = "";
  while (found.length < limit) {
    const batch = await take(list, Math.min(READS, limit - found.length));
    if (batch.length === 0) break;
    const read = await Promise.all(batch.map(async (listed) => readListed(context, listed, now)));
    found.push(...read.filter((one) => one !== undefined));
    last = batch.at(-1)?.place ?? last;
  }
  return { found, last };
}

async function take(
  list: AsyncGenerator<Listed, void, undefined>,
  count: number,
): Promise<readonly Listed[]> {
  const taken: Listed[] = [];
  while (taken.length < count) {
    const { value, done } = await list.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

/** The thread of an entry, if it is there and the entry's owner's: the directory lists what was to be created, the thread says what is. */
async function readListed(
  context: StoreContext,
  { thread: listed }: Listed,
  now: number,
): Promise<Thread | Unreadable | undefined> {
  if (listed instanceof Error) return unreadable(listed, {});
  const { threadId, owner } = listed;
  const snapshot = await context.thread(threadId).read(THREAD, now);
  const whole = { ...context, scope: {} };
  try {
    const thread = threadIn(whole, threadId, snapshot);
    if (thread && thread.owner === owner) return thread;
  } catch (error) {
    if (isOfRecord(error)) return unreadable(error, { threadId });
    throw error;
  }
  await removeStale(context, listed, now);
  return undefined;
}

/** An entry for which no thread came to be, or which a crash has left, goes when it is old. What cannot be removed now is met by the next list. */
async function removeStale(context: StoreContext, listed: Listing, now: number): Promise<void> {
  try {
    const place = await findThread(context, listed, now);
    if (place && place.at < now - STALE_MS) await removePlace(context, place, now);
  } catch {
    // The list was asked for, not the repair.
  }
}

function newestFirst(one: Thread, other: Thread): number {
  const time = other.lastActivityAt.getTime() - one.lastActivityAt.getTime();
  return time === 0 ? Number(one.id < other.id) - Number(one.id > other.id) : time;
}

function cursorOf(place: string): string {
  return Buffer.from(place).toString("base64url");
}

/** The place in a cursor of ours. Throws `INVALID_ARGUMENT` for any other. */
function placeOf(cursor: unknown): string {
  const place =
    typeof cursor === "string" ? Buffer.from(cursor, "base64url").toString("latin1") : "";
  if (!/^\d{16}\/[\w.~-]{1,200}(?:\/(?:\*|[\w.~-]{1,200}))?$/.test(place))
    throw new StorageError(
      "INVALID_ARGUMENT",
      "A cursor must be one that a page of this list gave.",
    );
  return place;
}
