import { ordinalKey, prefixRange } from "../../backend/keys.ts";
import { ConflictError, DeletedError, isStorageError } from "../../errors.ts";
import { ASKED, askedKeys, askedPlace } from "../approvals/announce.ts";
import { approvalPrefix, decodeApproval } from "../approvals/record.ts";
import type { StoreContext } from "../context.ts";
import { shardOf } from "../directory/shards.ts";
import { findListed, type ListedPartition, unlistPartition } from "../directory/partitions.ts";
import { unlistThread } from "../directory/threads.ts";
import { wipe } from "../directory/wipe.ts";
import type { OpenRecord, Partition } from "../partition.ts";
import { forgetOpenThread } from "../runs/open-threads.ts";
import { decodeRun } from "../runs/record.ts";
import { forgetRuns } from "../runs/run-index.ts";
import { wantsKey } from "../sealing/keyring.ts";
import { type Decision, transact } from "../transact.ts";
import { BELONGINGS, belongingIn, dropHeld } from "../life/belongings.ts";
import { endingWrite, LIFE, lifeToEnd, livesIn } from "../life/life.ts";

/** The end of one life of a thread, as its note holds it. */
export interface Ending {
  readonly threadId: string;
  readonly life: number;
  readonly owner?: string;
  /** Do its memories go too? */
  readonly memory: boolean;
}

/** What the steps of an ending work with. */
interface Ground extends Ending {
  readonly context: StoreContext;
  readonly partition: Partition;
  /** The revision of the life record that says that the life is ending. */
  readonly mark: number;
  /** Is the life still the one that ends? What was read before this was asked is of that life, then. */
  readonly holds: () => Promise<boolean>;
}

/** What the records of runs begin with. */
const RUNS = "run/";
/** Records of one page, which one write frees: engines take at least 100 entries. */
const PAGE = 90;

/**
 * The life has ended and nothing of it is left: first its record says that it ends, from where on nothing new can belong to it; then what lies in other partitions goes, then the
 * thread's own, then its place in the directory. Each step is held to the life, so that several processes may do it at once and again, and a late one harms no other life.
 */
export async function endLife(
  context: StoreContext,
  ending: Ending,
  hasTime: () => boolean,
): Promise<"done" | "again"> {
  const { threadId, owner } = ending;
  const now = context.now();
  const partition = context.thread(threadId);
  const mark = await markLife(context, partition, ending, now);
  if (mark !== undefined) {
    const holds = async (): Promise<boolean> =>
      (await partition.read([LIFE], now)).get(LIFE)?.revision === mark;
    const ground = { ...ending, context, partition, mark, holds };
    if (!(await endOthers(ground, now, hasTime))) return "again";
    await dropThread(ground, now);
  } else await dropThread({ partition, mark: NO_REVISION }, now);
  const listing = owner === undefined ? { threadId } : { threadId, owner };
  await unlistThread(context, listing, livesIn(partition, threadId, now), now);
  return "done";
}

/** The life record says that the life ends; `undefined` where that life is over. */
async function markLife(
  context: StoreContext,
  partition: Partition,
  { life, owner }: Ending,
  now: number,
): Promise<number | undefined> {
  return transact<number | undefined>(
    partition,
    now,
    async (): Promise<Decision<number | undefined>> => {
      const snapshot = await partition.read([LIFE], now);
      const found = await lifeToEnd(context, snapshot, () => Promise.resolve(owner));
      if (found?.ending === life) return { answer: found.revision };
      if (found?.revision !== life || found.ending !== undefined) return { answer: undefined };
      return { writes: [endingWrite(found)], landed: (revision) => revision };
    },
  );
}

/** What belongs to the thread and lies elsewhere is gone; false where time ran out. */
async function endOthers(ground: Ground, now: number, hasTime: () => boolean): Promise<boolean> {
  const { context, partition, threadId, memory, holds } = ground;
  const ending: Ending = ground;
  for await (const records of pages(partition, RUNS, now)) {
    const runs = records.flatMap((record) => readable(() => decodeRun(record).record) ?? []);
    await forgetRuns(context, runs, { threadId, now, holds });
    await free(ground, records, now);
    if (!hasTime()) return false;
  }
  for await (const records of pages(partition, approvalPrefix(ending.life), now)) {
    await forgetAsked(context, ending, records, now);
    await free(ground, records, now);
    if (!hasTime()) return false;
  }
  if (!(await dropBelongings(ground, now, hasTime))) return false;
  if (memory && !(await eraseMemory(ground, now, hasTime))) return false;
  await forgetOpenThread(context, threadId, { now, holds });
  return true;
}

/** One that is damaged names no partition; what lies there finds out by itself that its thread is gone. */
async function dropBelongings(
  ground: Ground,
  now: number,
  hasTime: () => boolean,
): Promise<boolean> {
  const { context, partition, holds } = ground;
  for await (const records of pages(partition, BELONGINGS, now))
    for (const record of records) {
      const belonging = readable(() => belongingIn(context, record));
      if (belonging) await dropHeld(belonging, now, holds);
      await free(ground, [record], now);
      if (!hasTime()) return false;
    }
  return true;
}

/** Records that have said where something lies go once that is gone: whoever goes on after a crash, or with more time, begins behind them. */
async function free(
  { partition, mark }: Ground,
  records: readonly OpenRecord[],
  now: number,
): Promise<void> {
  const deletes = records.map(({ key }) => ({ op: "delete", key, expect: "any" }) as const);
  try {
    await partition.write([{ op: "check", key: LIFE, expect: mark }, ...deletes], now);
  } catch (error) {
    // Another process has ended the life meanwhile.
    if (!(error instanceof ConflictError || error instanceof DeletedError)) throw error;
  }
}

/**
 * What a record says; one that is damaged stands in no thread's way out. One that wants another key does: it may be sound, and what it names elsewhere would stay for ever.
 */
function readable<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (isStorageError(error) && (error.retryable || wantsKey(error))) throw error;
    return undefined;
  }
}

/** What waited for a person is listed no more. Entries are named by the life, so a late deletion takes none of another's. */
async function forgetAsked(
  context: StoreContext,
  { threadId, owner }: Ending,
  records: readonly OpenRecord[],
  now: number,
): Promise<void> {
  const keys = records.flatMap((record) => {
    const approval = readable(() => decodeApproval(record).record);
    if (!approval) return [];
    const entry = { threadId, id: approval.id, ...(owner === undefined ? {} : { owner }) };
    return askedKeys(entry, askedPlace(threadId, approval));
  });
  const most = Math.min(PAGE, context.backend.limits.maxWrites);
  for (let start = 0; start < keys.length; start += most)
    await context.index(ASKED, shardOf(threadId)).write(
      keys.slice(start, start + most).map((key) => ({ op: "delete", key, expect: "any" }) as const),
      now,
    );
}

/** The memories of this life of the thread are gone: their keys begin with its number. */
async function eraseMemory(
  { context, threadId, owner, life }: Ground,
  now: number,
  hasTime: () => boolean,
): Promise<boolean> {
  const listed: ListedPartition = {
    kind: "m",
    parts: ["thread", threadId],
    ...(owner === undefined ? {} : { owner }),
  };
  const partition = context.partition(listed.kind, listed.parts);
  if (!(await wipe(partition, prefixRange(`${ordinalKey(life)}/`), now, hasTime))) return false;
  const entry = await findListed(context, listed, now);
  const { records } = await partition.scan({ ...prefixRange(""), limit: 1 }, now);
  if (entry && records.length === 0) await unlistPartition(context, entry, now);
  return true;
}

/** A drop that is held to a revision which no record has finishes one that was cut short, and begins none. */
const NO_REVISION = 0;

async function dropThread(
  { partition, mark }: Pick<Ground, "partition" | "mark">,
  now: number,
): Promise<void> {
  try {
    await partition.drop(now, { key: LIFE, revision: mark });
  } catch (error) {
    // Another process has finished it, and the id may be in use again.
    if (!(error instanceof ConflictError)) throw error;
  }
}

async function* pages(
  partition: Partition,
  prefix: string,
  now: number,
): AsyncGenerator<readonly OpenRecord[], void, undefined> {
  const { from, to } = prefixRange(prefix);
  for (let next: string | undefined = from; next !== undefined; ) {
    const page: Awaited<ReturnType<Partition["scan"]>> = await partition.scan(
      { from: next, to, limit: PAGE },
      now,
    );
    if (page.records.length > 0) yield page.records;
    next = page.next;
  }
}
