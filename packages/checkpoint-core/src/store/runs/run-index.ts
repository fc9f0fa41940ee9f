import type { Write } from "../../backend/contract.ts";
import { encodeId } from "../../backend/keys.ts";
import { ConflictError, isStorageError, StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { unlessDamaged } from "../directory/damaged.ts";
import { shardOf } from "../directory/shards.ts";
import { ownersPrefix, placeOf } from "../listing.ts";
import { encodeValue, type OpenRecord } from "../partition.ts";
import { LIFE, type Life, livesIn } from "../life/life.ts";
import { type Decision, transact } from "../transact.ts";
import { forgetOpenThread } from "./open-threads.ts";
import { runKey } from "./record.ts";

/** The kind of index partition that knows the runs of a tenant: 16, by run. */
export const RUN_INDEX = "r";
/** The lists in it: every run by the time at which its id was taken, and every failure by its own. */
export const ALL_LIST = "l";
export const FAILED_LIST = "f";
/** What the keys of its entries begin with. */
const ENTRIES = "r/";

/** A run as the index is told of it. */
export interface IndexedRun {
  readonly runId: string;
  readonly threadId: string;
  /** The thread's owner. */
  readonly owner: string | undefined;
}

/** What the entry of a run id says: where it leads, since when the run is listed, and in which life of the thread the id was taken. */
interface IndexEntry {
  readonly threadId: string;
  readonly at: number;
  readonly life: number;
  readonly owner?: string;
}

/** What an entry of a list says. */
export interface ListedRun {
  readonly runId: string;
  readonly threadId: string;
}

/**
 * The run id leads to its thread, and stands in the list of runs by the same write, before a record of the run exists. Throws `INVALID_ARGUMENT` when another thread of the tenant uses it: run
 * ids are one space for a tenant, and the error says only that this one is taken, whoever has it. What a life that is over took and never recorded is free: nothing of that life lands any more,
 * and the next life of its thread writes the entry again, so that of two who take the id one meets the other's write.
 */
export async function indexRun(
  context: StoreContext,
  { runId, threadId, life }: { readonly runId: string; readonly threadId: string; life: Life },
  now: number,
): Promise<void> {
  const index = context.index(RUN_INDEX, shardOf(runId));
  const key = entryKey(runId);
  const { owner, revision } = life;
  const indexed = { runId, threadId, owner };
  await transact(index, now, async (): Promise<Decision<void>> => {
    const found = (await index.read([key], now)).get(key);
    const before = found && entryIn(found);
    if (before?.threadId === threadId && before.life === revision) return { answer: undefined };
    if (before) await refuseHeld(context, runId, before, threadId, now);
    const entry: IndexEntry = {
      threadId,
      at: now,
      life: revision,
      ...(owner === undefined ? {} : { owner }),
    };
    const lists = listWrites(ALL_LIST, indexed, now);
    const keys = new Set(lists.map((write) => write.key));
    const old = before
      ? listWrites(ALL_LIST, { runId, threadId, owner: before.owner }, before.at)
      : [];
    return {
      writes: [
        { op: "put", key, value: encodeValue(entry), expect: found?.revision ?? "absent" },
        ...old.filter((one) => !keys.has(one.key)).map(deletionOf),
        ...lists,
      ],
      landed: () => undefined,
    };
  });
}

/** Refuses a run id that another thread of the tenant uses, without taking it. */
export async function refuseTaken(
  context: StoreContext,
  runId: string,
  threadId: string,
  now: number,
): Promise<void> {
  const key = entryKey(runId);
  const found = (await context.index(RUN_INDEX, shardOf(runId)).read([key], now)).get(key);
  if (found) await refuseHeld(context, runId, entryIn(found), threadId, now);
}

/** Another thread has the id where it has a run of it, or may be about to record one. */
async function refuseHeld(
  context: StoreContext,
  runId: string,
  entry: IndexEntry,
  threadId: string,
  now: number,
): Promise<void> {
  if (entry.threadId === threadId) return;
  const snapshot = await context.unwatched(entry.threadId).read([LIFE, runKey(runId)], now);
  const life = snapshot.get(LIFE);
  if (life && (snapshot.has(runKey(runId)) || life.revision === entry.life)) throw taken(runId);
}

/** Of a run that could not be recorded because its thread was deleted under it nothing stays in the indexes, unless the thread lives again. What fails here leaves what leads nowhere. */
export async function forgetUnrecorded(
  context: StoreContext,
  { runId, threadId, error }: { runId: string; threadId: string; error: unknown },
  now: number,
): Promise<void> {
  if (!isStorageError(error) || error.code !== "DELETED") return;
  const lives = livesIn(context.unwatched(threadId), threadId, now);
  const holds = async (): Promise<boolean> => (await lives()) === undefined;
  await Promise.allSettled([
    forgetRuns(context, [{ id: runId }], { threadId, now, holds }),
    forgetOpenThread(context, threadId, { now, holds }),
  ]);
}

function entryIn(record: OpenRecord): IndexEntry {
  return record.value() as IndexEntry;
}

function taken(runId: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", `The run id ${runId} is taken.`);
}

/** The thread that a run id leads to. */
export async function threadOfRun(
  context: StoreContext,
  runId: string,
  now: number,
): Promise<string | undefined> {
  const key = entryKey(runId);
  const found = (await context.index(RUN_INDEX, shardOf(runId)).read([key], now)).get(key);
  return found && entryIn(found).threadId;
}

/**
 * The runs of a thread that is being deleted lead nowhere and are listed nowhere any more. `holds` is asked between what is read and what is written: a run that another life of the
 * thread has under the same id stays.
 */
export async function forgetRuns(
  context: StoreContext,
  runs: readonly { readonly id: string; readonly failedAt?: number | undefined }[],
  { threadId, now, holds }: { threadId: string; now: number; holds: () => Promise<boolean> },
): Promise<void> {
  for (const { id: runId, failedAt } of runs) {
    const index = context.index(RUN_INDEX, shardOf(runId));
    const key = entryKey(runId);
    const found = (await index.read([key], now)).get(key);
    // A damaged entry says no thread, and keeps none from going.
    const entry = found && unlessDamaged(() => found.value() as IndexEntry);
    if (!found || entry?.threadId !== threadId) continue;
    const { at, owner } = entry;
    const indexed = { runId, threadId, owner };
    const listed = [
      ...listWrites(ALL_LIST, indexed, at),
      ...(failedAt === undefined ? [] : listWrites(FAILED_LIST, indexed, failedAt)),
    ];
    if (!(await holds())) return;
    try {
      await index.write(
        [{ op: "delete", key, expect: found.revision }, ...listed.map(deletionOf)],
        now,
      );
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

/**
 * A failure is listed before the write that makes it true, by its time: what the list shows is read from the run, so an entry too much shows nothing. The record of the run holds the
 * same time, so that a run which fails twice is shown once. Its failure before (`failedAt`) leaves the list: a run that is about to fail has gone on since.
 */
export async function listFailure(
  context: StoreContext,
  { failedAt, ...indexed }: FailingRun,
  now: number,
): Promise<void> {
  const writes = [
    ...listWrites(FAILED_LIST, indexed, now),
    ...(failedAt === undefined || failedAt === now ? [] : unlistWrites(indexed, failedAt)),
  ];
  await context.index(RUN_INDEX, shardOf(indexed.runId)).write(writes, now);
}

/** A run that had failed and is about to complete leaves the list of failures. */
export async function unlistFailure(
  context: StoreContext,
  { failedAt, ...indexed }: FailingRun,
  now: number,
): Promise<void> {
  if (failedAt === undefined) return;
  const writes = unlistWrites(indexed, failedAt);
  await context.index(RUN_INDEX, shardOf(indexed.runId)).write(writes, now);
}

/** A run, with the failure that it was listed for before. */
export interface FailingRun extends IndexedRun {
  readonly failedAt: number | undefined;
}

function unlistWrites(indexed: IndexedRun, failedAt: number): readonly Write[] {
  return listWrites(FAILED_LIST, indexed, failedAt).map(deletionOf);
}

function deletionOf({ key }: { readonly key: string }): Write {
  return { op: "delete", key, expect: "any" };
}

/** An entry stands under the tenant and, with an owner, under the user. */
function listWrites(
  list: string,
  { runId, threadId, owner }: IndexedRun,
  at: number,
): readonly Extract<Write, { readonly op: "put" }>[] {
  const value = encodeValue({ runId, threadId } satisfies ListedRun);
  const place = placeOf(at, runId);
  const prefixes = [undefined, ...(owner === undefined ? [] : [owner])];
  return prefixes.map((one) => {
    return { op: "put", key: ownersPrefix(list, one) + place, value, expect: "any" };
  });
}

/** Whether a record of the index is the entry of a run id, which one thread of a tenant has. */
export function isRunEntry(key: string): boolean {
  return key.startsWith(ENTRIES);
}

function entryKey(runId: string): string {
  return `${ENTRIES}${encodeId(runId)}`;
}
