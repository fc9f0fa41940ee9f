import { decodeId, encodeId, ordinalKey } from "../../backend/keys.ts";

/*
 * The records of the directory for one thread of one owner; they are written together.
 *
 *   t/<thread>/<owner>            its place: { threadId, owner?, at }
 *   a/<at>/<thread>/<owner>       in the list of the tenant, by time
 *   l/<owner>/<at>/<thread>       in the list of the owner, where it has one
 *
 * A thread that two users create at once is listed for both and belongs to one: whoever reads a list looks at the thread.
 */

/** A thread as the directory lists it. Its life, owner and activity are the thread's own to tell. */
export interface Listing {
  readonly threadId: string;
  readonly owner?: string;
}

/** Where a thread stands in the lists. */
export interface Place extends Listing {
  /** When it was last listed or touched; at most a minute older than its last activity. */
  readonly at: number;
}

/** The prefix of all places, in each index partition. */
export const PLACES = "t/";
/** The prefix of the tenant's list. */
export const ALL = "a/";
/** The prefix of the lists of all owners. */
const LISTS = "l/";
const OF_NOBODY = "*";

/** The prefix of the list of an owner, or of the whole tenant. Behind it stand the time and the thread, so that the newest is last. */
export function listPrefix(owner: string | undefined): string {
  return owner === undefined ? ALL : `${LISTS}${encodeId(owner)}/`;
}

/** Where the place of a thread of an owner stands. */
export function placeKey({ threadId, owner }: Listing): string {
  return `${PLACES}${encodeId(threadId)}/${owner === undefined ? OF_NOBODY : encodeId(owner)}`;
}

/** Where a thread stands in the lists, by its place. */
export function listKeys({ threadId, owner, at }: Place): readonly string[] {
  const id = encodeId(threadId);
  const time = ordinalKey(Math.max(at, 0));
  const ofAll = `${ALL}${time}/${id}/${owner === undefined ? OF_NOBODY : encodeId(owner)}`;
  return owner === undefined ? [ofAll] : [ofAll, `${listPrefix(owner)}${time}/${id}`];
}

/**
 * The thread that an entry names by its key alone, `<thread>` or `<thread>/<owner>` (the owner of the list it stands in, where it is an owner's): for an entry that cannot be read. What a thread
 * is and whose is its own to tell. `undefined` where a name is so long that only its hash is there.
 */
export function namedByKey(key: string, listOwner?: string): Listing | undefined {
  const [thread = "", by] = key.split("/");
  const threadId = decodeId(thread);
  if (threadId === undefined) return undefined;
  if (by === undefined || by === OF_NOBODY) return listing(threadId, listOwner);
  const owner = decodeId(by);
  return owner === undefined ? undefined : { threadId, owner };
}

/** Whether an entry of the directory is one of those that {@link setPlace} writes. */
export function isOfThread(key: string): boolean {
  return [PLACES, ALL, LISTS].some((prefix) => key.startsWith(prefix));
}

export function listing(threadId: string, owner: string | undefined): Listing {
  return owner === undefined ? { threadId } : { threadId, owner };
}
