import type { Write } from "../../backend/contract.ts";
import { DeletedError, StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { type Lives, listThread, unlistThread } from "../directory/threads.ts";
import { encodeValue, type OpenRecord, type Partition, type Snapshot } from "../partition.ts";
import { transact } from "../transact.ts";
import { readOrError } from "../unreadable.ts";
import { type About, aboutWrite } from "./about.ts";

/** The record that names a thread's life by its revision. Written when the life begins, and once more when it is to end. */
export const LIFE = "life";
/** Which run has the thread, and which execution works on it. Its revision is the fence. */
export const LEASE = "lease";

/** What the life record holds. */
export interface Life {
  readonly revision: number;
  readonly owner?: string;
  readonly createdAt: number;
}

/** A life as its record holds it, also one that is ending. */
export interface StoredLife extends Life {
  /** The life that ends here: nothing is written to the thread any more, and its partition is about to be dropped. */
  readonly ending?: number;
}

/**
 * The life that a snapshot shows, once it is sure that the scope's user may see it; `undefined` where the thread is not there. Throws `FORBIDDEN`, and `DELETED` while the thread
 * is being deleted.
 */
export function lifeIn(context: StoreContext, snapshot: Snapshot): Life | undefined {
  const life = storedLife(context, snapshot);
  if (life?.ending !== undefined) throw new DeletedError("The thread is being deleted.");
  return life;
}

/** The same, also of a life that is ending. */
export function storedLife(context: StoreContext, snapshot: Snapshot): StoredLife | undefined {
  const record = snapshot.get(LIFE);
  return record && checkOwner(context, decodeLife(record));
}

/**
 * The thread lives: its directory entry is written first, then its `life` and `lease` in one write. A thread that is there already is answered as it is; one
 * that was dropped stays so (`DeletedError`) unless `revive` starts another life on purpose. What cannot be kept is refused before either write.
 */
export async function ensureThread(
  context: StoreContext,
  threadId: string,
  { revive = false, about }: { readonly revive?: boolean; readonly about?: About } = {},
): Promise<Life> {
  const now = context.now();
  const partition = context.thread(threadId);
  const { user } = context.scope;
  const owned = user === undefined ? {} : { owner: user };
  const life = { createdAt: now, ...owned };
  const listing = { threadId, ...owned };
  const writes: readonly Write[] = [
    { op: "put", key: LIFE, value: encodeValue(life), expect: "absent" },
    { op: "put", key: LEASE, value: encodeValue({}), expect: "any" },
    ...(about ? [aboutWrite(about, "any")] : []),
  ];
  partition.check(writes);
  let listed = false;
  const begin = async (): Promise<Life> =>
    transact(partition, now, async () => {
      const found = lifeIn(context, await partition.read([LIFE], now));
      if (found) return { answer: found };
      await listThread(context, listing, now);
      listed = true;
      return { writes, revive, landed: (revision) => ({ ...life, revision }) };
    });
  try {
    const answer = await begin();
    // The end of the last life may just have taken away what was listed before this one began.
    if (listed && mayBeUnlisted(context, answer, now)) await listThread(context, listing, now);
    return answer;
  } catch (error) {
    if (listed && error instanceof DeletedError)
      await unlistThread(context, listing, livesIn(partition, threadId, now), now);
    throw error;
  }
}

/** Whether what was listed before the life began may have been taken away since: with the end of the life before, or as stale. */
function mayBeUnlisted(context: StoreContext, { revision }: Life, since: number): boolean {
  return revision > FIRST || context.now() - since >= LATE_MS;
}

/** A process that stood still for so long between listing a thread and making it may find that what it had listed was taken for stale. */
const LATE_MS = 10_000;
/** The revision of a thread's first life. */
const FIRST = 1;

/**
 * The same, of a life that is to end: also one whose record cannot be read, the owner of which `ownerOf` says. Its revision is enough to end it. To a scope's user it is an error: nobody
 * knows that it is theirs.
 */
export async function lifeToEnd(
  context: StoreContext,
  snapshot: Snapshot,
  ownerOf: () => Promise<string | undefined>,
): Promise<StoredLife | undefined> {
  const { read, error } = readOrError(() => storedLife(context, snapshot));
  if (!error) return read;
  const revision = snapshot.get(LIFE)?.revision;
  if (context.scope.user !== undefined || revision === undefined) throw error;
  const owner = await ownerOf();
  return { revision, createdAt: 0, ...(owner === undefined ? {} : { owner }) };
}

/** Asks whose the thread is, whatever the scope. */
export function livesIn(partition: Partition, threadId: string, now: number): Lives {
  return async () => {
    const record = (await partition.read([LIFE], now)).get(LIFE);
    const life = record && decodeLife(record);
    if (!life || life.ending !== undefined) return undefined;
    return life.owner === undefined ? { threadId } : { threadId, owner: life.owner };
  };
}

/** Whether a snapshot shows this life, also while it is ending: for one who has been in it, whatever came after. */
export function showsLife(snapshot: Snapshot, life: number): boolean {
  const record = snapshot.get(LIFE);
  if (!record) return false;
  const { revision, ending = revision } = decodeLife(record);
  return ending === life;
}

/** Holds a write to the thread's life, and so to its owner. */
export function lifeCheck(life: Life): Write {
  return { op: "check", key: LIFE, expect: life.revision };
}

/** The life is to end: from here on nothing that is held to it lands. */
export function endingWrite({ revision, ...life }: Life): Write {
  return {
    op: "put",
    key: LIFE,
    value: encodeValue({ ...life, ending: revision }),
    expect: revision,
  };
}

function decodeLife(record: OpenRecord): StoredLife {
  return { ...(record.value() as Omit<StoredLife, "revision">), revision: record.revision };
}

/** The life, once it is sure that the scope's user may see it. Throws `FORBIDDEN`. */
function checkOwner<L extends Life>({ scope }: StoreContext, life: L): L {
  if (scope.user !== undefined && life.owner !== scope.user)
    throw new StorageError("FORBIDDEN", "The thread belongs to another user.");
  return life;
}
