import { prefixRange } from "../backend/keys.ts";
import { INDEX_SHARDS, type StoreContext } from "./context.ts";
import { shardOf } from "./directory/shards.ts";
import { StorageError } from "../errors.ts";
import { listedPartitions, type OnDamaged } from "./directory/partitions.ts";
import { listedOwner } from "./directory/by-name.ts";
import { type Listing, listPrefix, namedByKey, PLACES } from "./directory/keys.ts";
import { decodePlace, findThread, removePlace } from "./directory/threads.ts";
import { erasePartition } from "./erase-partition.ts";
import type { Task } from "./maintenance/task.ts";
import { noteOperationRecords } from "./maintenance/operation-records.ts";
import { endWork, noteWork } from "./maintenance/work.ts";
import { checkOperationId, operationKey } from "./operation.ts";
import { encodeValue } from "./partition.ts";
import { deleteLife } from "./threads/delete.ts";
import { LIFE, lifeToEnd } from "./life/life.ts";
import { isOfRecord, readOrError } from "./unreadable.ts";

/** One erasure, as its note holds it. */
interface Erasure {
  readonly operationId: string;
  /** Whose data goes; all of the tenant where there is none. */
  readonly user?: string;
}

/** After which `maintain` takes an erasure for cut short. */
const DUE_MS = 60_000;
/** How old an entry of the directory is before it goes although no thread is there: one that is being created is listed first. */
const STALE_MS = 60_000;
const PAGE = 100;
/** The time in a key of a list, and the slash behind it. */
const TIME_UNITS = 17;

/** Everything of the scope is gone; see `Store.erase`. */
export async function erase(context: StoreContext, operationId: string): Promise<void> {
  checkOperationId(operationId);
  await context.ready();
  const { user } = context.scope;
  const erasure: Erasure = user === undefined ? { operationId } : { operationId, user };
  if (await isDone(context, erasure)) return;
  const now = context.now();
  const subject = JSON.stringify([user ?? null, operationId]);
  const note = { kind: eraseTask.kind, subject, detail: erasure };
  const work = await noteWork(context, note, now + DUE_MS, now);
  await eraseAll(context, erasure, () => true);
  await endWork(context, work, now);
}

/** Erasures that were cut short. */
export const eraseTask: Task = {
  kind: "erase",
  run: async (context, { detail }, hasTime) => {
    const erasure = detail as Erasure;
    if (await isDone(context, erasure)) return "done";
    return (await eraseAll(context, erasure, hasTime)) ? "done" : "again";
  },
};

/** All that the directory lists is gone, and the erasure is recorded as done; false where time ran out. */
async function eraseAll(
  context: StoreContext,
  erasure: Erasure,
  hasTime: () => boolean,
): Promise<boolean> {
  const { user } = erasure;
  const damaged: StorageError[] = [];
  const onDamaged: OnDamaged = ({ partition, key }) => {
    damaged.push(new StorageError("CORRUPT", `The record ${key} of ${partition} cannot be read.`));
  };
  for await (const listing of listings(context, user, onDamaged)) {
    damaged.push(...(await errorOf(eraseThread(context, listing))));
    if (!hasTime()) return false;
  }
  for (const kind of ["m", "s"] as const)
    for await (const entry of listedPartitions(context, kind, context.now(), {
      owner: user,
      onDamaged,
      unread: true,
    }))
      if (!(await erasePartition(context, entry, user, hasTime))) return false;
  const [first] = damaged;
  if (first)
    throw new StorageError(
      first.code,
      `${damaged.length} threads, or entries of the directory, cannot be read: they are not erased, all else is. ${first.message}`,
      { cause: first },
    );
  await recordDone(context, erasure);
  return true;
}

/** The error of a record that had to be read for it and cannot be; nothing where it is done. */
async function errorOf(work: Promise<void>): Promise<readonly StorageError[]> {
  try {
    await work;
    return [];
  } catch (error) {
    if (isOfRecord(error)) return [error];
    throw error;
  }
}

/** The thread is gone, if it is the listed owner's. What is listed and is no thread goes too, once it cannot be one that is being created. */
async function eraseThread(context: StoreContext, listing: Listing): Promise<void> {
  const { threadId, owner } = listing;
  const now = context.now();
  const whole = { ...context, scope: tenantOf(context) };
  const snapshot = await context.thread(threadId).read([LIFE], now);
  const life = await lifeToEnd(whole, snapshot, () => listedOwner(whole, listing, now));
  if (life && life.owner === owner) return deleteLife(whole, threadId, life, true);
  const place = await findThread(context, listing, now);
  if (place && place.at <= now - STALE_MS) await removePlace(context, place, now);
}

function tenantOf({ scope: { tenant } }: StoreContext): StoreContext["scope"] {
  return tenant === undefined ? {} : { tenant };
}

/** Every thread that is listed for the user, or in the tenant. */
async function* listings(
  context: StoreContext,
  user: string | undefined,
  onDamaged: OnDamaged,
): AsyncGenerator<Listing, void, undefined> {
  const { from, to } = prefixRange(user === undefined ? PLACES : listPrefix(user));
  for (let shard = 0; shard < INDEX_SHARDS; shard += 1) {
    const index = context.index("d", shard);
    for (let next: string | undefined = from; next !== undefined; ) {
      const page: Awaited<ReturnType<typeof index.scan>> = await index.scan(
        { from: next, to, limit: PAGE },
        context.now(),
      );
      for (const record of page.records) {
        // The key names the thread too, or its hash: behind the time, in the list of a user.
        const key = record.key.slice(from.length + (user === undefined ? 0 : TIME_UNITS));
        const listing =
          readOrError((): Listing => decodePlace(record)).read ?? namedByKey(key, user);
        if (listing) yield listing;
        else onDamaged({ partition: index.name, key: record.key });
      }
      next = page.next;
    }
  }
}

/** Whether an operation of this name has erased the scope: what came after it is not its to erase. */
async function isDone(context: StoreContext, erasure: Erasure): Promise<boolean> {
  const key = keyOf(erasure);
  const index = context.index("d", shardOf(key));
  return (await index.read([key], context.now())).has(key);
}

async function recordDone(context: StoreContext, erasure: Erasure): Promise<void> {
  const key = keyOf(erasure);
  const now = context.now();
  const expiresAt = now + context.operationTtlMs;
  const index = context.index("d", shardOf(key));
  const put = { op: "put", key, value: encodeValue(true), expiresAt, expect: "any" } as const;
  await noteOperationRecords(context, index, { writes: [put] }, now);
  await index.write([put], now);
}

function keyOf({ operationId, user }: Erasure): string {
  return operationKey("erase", operationId, JSON.stringify(user ?? null));
}
