import type { Write } from "../backend/contract.ts";
import { ordinalKey, prefixRange } from "../backend/keys.ts";
import { ConflictError, isStorageError } from "../errors.ts";
import type { StoreContext } from "./context.ts";
import { type FoundPartition, unlistPartition } from "./directory/partitions.ts";
import { wipe } from "./directory/wipe.ts";
import { eraseRoot } from "./memory/erase.ts";
import { memoryKeys } from "./memory/record.ts";
import type { Partition } from "./partition.ts";
import { decodeHead, HEAD, headWrite, type StoredHead } from "./streams/record.ts";
import { LIFE, storedLife } from "./life/life.ts";

/** A listed partition that is to be erased. */
interface Erased {
  readonly context: StoreContext;
  readonly entry: FoundPartition;
  readonly partition: Partition;
  /** Whose things go; everybody's where there is none. */
  readonly user: string | undefined;
  readonly now: number;
  readonly hasTime: () => boolean;
}

/** What the user has in a listed partition is gone, and no tombstone is left; what is another's by now stays. False where time ran out. */
export async function erasePartition(
  context: StoreContext,
  entry: FoundPartition,
  user: string | undefined,
  hasTime: () => boolean,
): Promise<boolean> {
  const now = context.now();
  const partition = context.partition(entry.kind, entry.parts);
  const erased: Erased = { context, entry, partition, user, now, hasTime };
  const [of, threadId] = entry.parts;
  try {
    if (entry.kind === "s") {
      if (!(await eraseStream(erased))) return false;
    } else if (of === "thread" && threadId !== undefined) {
      const done = await eraseLives(erased, threadId);
      if (done !== "done") return done === "in use";
    } else if (!(await eraseRoot(partition, "", now, hasTime))) return false;
  } catch (error) {
    // It was dropped with what it belonged to.
    if (!isStorageError(error) || error.code !== "DELETED") throw error;
  }
  await unlistPartition(context, entry, now);
  return true;
}

/** The memories of a thread, life by life: those of a life that is another user's by now stay. `"in use"` where the user goes on to write some. */
async function eraseLives(erased: Erased, threadId: string): Promise<"done" | "again" | "in use"> {
  const { partition, user, now, hasTime } = erased;
  // Read before the life: what begins later is not among them.
  const roots = await rootsOf(partition, now);
  const living = await livingRoot(erased, threadId);
  const isTheirs = living !== undefined && user !== undefined && living.owner !== user;
  for (const root of roots) {
    if (isTheirs && root === living.root) continue;
    if (!(await eraseRoot(partition, root, now, hasTime))) return "again";
  }
  if (living === undefined || isTheirs) return "done";
  const { head } = memoryKeys(living.root);
  return (await partition.read([head], now)).has(head) ? "in use" : "done";
}

/** What the keys of the thread's life begin with, and whose it is. */
async function livingRoot(
  { context, now }: Erased,
  threadId: string,
): Promise<{ readonly root: string; readonly owner: string | undefined } | undefined> {
  const { tenant } = context.scope;
  const scope = tenant === undefined ? {} : { tenant };
  const life = storedLife(
    { ...context, scope },
    await context.unwatched(threadId).read([LIFE], now),
  );
  return life && { root: `${ordinalKey(life.ending ?? life.revision)}/`, owner: life.owner };
}

/** What the keys of a partition begin with, up to the first slash: each once. */
async function rootsOf(partition: Partition, now: number): Promise<readonly string[]> {
  const roots: string[] = [];
  const { from: first, to } = prefixRange("");
  for (let from: string | undefined = first; from !== undefined; ) {
    const page: Awaited<ReturnType<Partition["scan"]>> = await partition.scan(
      { from, to, limit: 1 },
      now,
    );
    const [record] = page.records;
    const root = record && `${record.key.split("/", 1)[0] ?? ""}/`;
    if (root !== undefined) roots.push(root);
    from = root === undefined ? page.next : prefixRange(root).to;
  }
  return roots;
}

/**
 * The stream is gone, if it is the listed user's: two who began it at once are both listed. Its head goes last, and from the first write on says that the stream is over, so that whoever
 * begins one of this name meets nothing of this one.
 */
async function eraseStream(erased: Erased): Promise<boolean> {
  const { entry, partition, now } = erased;
  const record = (await partition.read([HEAD], now)).get(HEAD);
  const stored = record && decodeHead(record);
  if (stored && (stored.head.threadId !== undefined || stored.head.owner !== entry.owner))
    return true;
  try {
    return await eraseEvents(erased, stored);
  } catch (error) {
    // Written meanwhile: what stands now is looked at anew.
    if (error instanceof ConflictError) return eraseStream(erased);
    throw error;
  }
}

async function eraseEvents(
  { partition, now, hasTime }: Erased,
  stored: StoredHead | undefined,
): Promise<boolean> {
  const over: Write = stored
    ? headWrite({ ...stored.head, freed: true }, stored.revision)
    : { op: "delete", key: HEAD, expect: "absent" };
  const { revision } = await partition.write([over], now);
  const { from, to } = prefixRange("");
  const below = { from, to: HEAD, upTo: revision };
  const above = { from: `${HEAD}!`, to, upTo: revision };
  for (const range of [below, above])
    if (!(await wipe(partition, range, now, hasTime))) return false;
  if (stored) await partition.write([{ op: "delete", key: HEAD, expect: revision }], now);
  return true;
}
