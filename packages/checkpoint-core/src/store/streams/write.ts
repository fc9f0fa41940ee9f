import type { Write } from "../../backend/contract.ts";
import { ConflictError, DeletedError, StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { noteOperationRecords } from "../maintenance/operation-records.ts";
import { doneIn, type Operation, operationKeys, operationWrites } from "../operation.ts";
import type { Partition, Snapshot } from "../partition.ts";
import { type Decision, transact } from "../transact.ts";
import {
  type Belonging,
  belongingOf,
  listStream,
  noteStream,
  ofAnotherLife,
  register,
} from "./belonging.ts";
import type { SeenStream, StreamCache } from "./cache.ts";
import type { StreamOptions } from "./contract.ts";
import type { Notifier } from "../../backend/notifier.ts";
import {
  type Batch,
  batchKey,
  decodeHead,
  HEAD,
  headWrite,
  refuseExpired,
  type StreamHead,
} from "./record.ts";

/** One write to a stream: events at its end, or its end. */
export interface StreamWrite {
  readonly context: StoreContext;
  readonly cache: StreamCache;
  readonly notifier: Notifier;
  readonly partition: Partition;
  readonly streamId: string;
  readonly options: StreamOptions;
  readonly operation: Operation | undefined;
  readonly batches: readonly Batch[];
  readonly ends: boolean;
  readonly now: number;
}

/** The stream after the write, and where what was written stands. */
export interface Written {
  readonly head: StreamHead;
  readonly first: number;
  readonly next: number;
  readonly replayed: boolean;
}

/** A stream that nobody has written to: what is planned on it must fit before it is made. */
const NOTHING: StreamHead = { next: 0, at: 0, token: "" };

/**
 * The write is made on the stream as this process last saw it, in one round trip, or else on what is read. Its followers are told afterwards. Throws `ENDED`, `DELETED`,
 * `FORBIDDEN`.
 */
export async function writeStream(write: StreamWrite): Promise<Written> {
  const { cache, partition, streamId, operation, now } = write;
  const keys = [HEAD, ...operationKeys(operation)];
  let born = false;
  const written = await transact<Written>(partition, now, async (tries) => {
    const warm = tries === 0 ? cache.get(partition.name) : undefined;
    if (warm && isWarm(write, warm)) return plan(write, warm);
    cache.delete(partition.name);
    const snapshot = await partition.read(keys, now);
    const seen = await seenIn(write, snapshot);
    if (!seen) {
      born = true;
      return planFirst(write);
    }
    const done = doneIn(snapshot, operation);
    if (done) return { answer: replay(seen.head, done.value()) };
    refuseExpired(streamId, seen.head, now);
    if (!seen.head.ended) return plan(write, seen);
    if (write.ends)
      return { answer: replay(seen.head, { first: seen.head.next, next: seen.head.next }) };
    throw new StorageError("ENDED", `The stream ${JSON.stringify(streamId)} has ended.`);
  });
  if (born) await settle(write, written.head);
  return written;
}

/** What went meanwhile did not know of the new stream: one whose thread was deleted is nobody's, and `maintain` frees it; one that was taken from the directory is listed again. */
async function settle(write: StreamWrite, head: StreamHead): Promise<void> {
  const { context, cache, partition, streamId, now } = write;
  if (head.threadId === undefined) return listStream(context, streamId, head.owner, now);
  try {
    await belongingOf(context, streamId, head, now);
  } catch (error) {
    cache.delete(partition.name);
    throw error;
  }
}

function replay(head: StreamHead, place: unknown): Written {
  const { first, next } = place as { readonly first: number; readonly next: number };
  return { head, first, next, replayed: true };
}

/** True where the cache may be built on: it refuses nobody, and whom it does not know reads first. */
function isWarm({ context, options, now }: StreamWrite, { head, belonging }: SeenStream): boolean {
  const { user } = context.scope;
  const known = user === undefined || belonging.owner === user;
  const same =
    [undefined, head.threadId].includes(options.threadId) &&
    [undefined, belonging.life].includes(options.life);
  const open = !head.ended && (head.expiresAt === undefined || head.expiresAt > now);
  return known && same && open;
}

/** The stream that a snapshot shows, once it is sure whose it is. One that a deleted life of the thread has left behind is dropped, and then there is none. */
async function seenIn(
  { context, partition, streamId, options, now }: StreamWrite,
  snapshot: Snapshot,
): Promise<SeenStream | undefined> {
  const record = snapshot.get(HEAD);
  if (!record) return undefined;
  const stored = decodeHead(record);
  const belonging = await belongingOrLeft(context, streamId, stored.head, options, now);
  if (!belonging) {
    await dropLeft(partition, stored.revision, now);
    return undefined;
  }
  refuseAnother(streamId, options, belonging);
  return { ...stored, belonging };
}

/** Whose the stream is; `undefined` for one that a life of the writer's thread has left behind. */
async function belongingOrLeft(
  context: StoreContext,
  streamId: string,
  head: StreamHead,
  { threadId }: StreamOptions,
  now: number,
): Promise<Belonging | undefined> {
  try {
    return await belongingOf(context, streamId, head, now);
  } catch (error) {
    const left = error instanceof DeletedError && threadId !== undefined;
    if (left && threadId === head.threadId) return undefined;
    throw error;
  }
}

/** Drops the stream of this head and no other. */
async function dropLeft(partition: Partition, revision: number, now: number): Promise<void> {
  try {
    await partition.drop(now, { key: HEAD, revision });
  } catch (error) {
    // Another writer was first: the next look shows what stands now.
    if (!(error instanceof ConflictError)) throw error;
  }
}

function refuseAnother(
  streamId: string,
  { threadId, life }: StreamOptions,
  belonging: Belonging,
): void {
  if (threadId !== undefined && threadId !== belonging.threadId)
    throw new StorageError(
      "INVALID_ARGUMENT",
      `The stream ${JSON.stringify(streamId)} does not belong to this thread.`,
    );
  if (life !== undefined && life !== belonging.life) throw ofAnotherLife();
}

/** The first write: it must fit, then the stream is registered, then it is made. A stream of a thread begins again where an earlier life had one. */
async function planFirst(write: StreamWrite): Promise<Decision<Written>> {
  const { context, partition, streamId, options, now } = write;
  partition.check(writesOn(write, NOTHING, "absent").writes);
  const belonging = await register(context, streamId, options, now);
  const { threadId, token, owner } = belonging;
  const head: StreamHead = {
    next: 0,
    at: now,
    token,
    ...(threadId === undefined ? (owner === undefined ? {} : { owner }) : { threadId }),
  };
  return planOn(write, head, "absent", belonging);
}

async function plan(write: StreamWrite, seen: SeenStream): Promise<Decision<Written>> {
  const { context, streamId, options, now } = write;
  const { ttlMs } = options;
  const { head, revision, belonging } = seen;
  if (ttlMs !== undefined && ttlMs !== head.ttlMs)
    await noteStream(context, streamId, now + ttlMs, now);
  return planOn(write, head, revision, belonging);
}

async function planOn(
  write: StreamWrite,
  before: StreamHead,
  expect: "absent" | number,
  belonging: Belonging,
): Promise<Decision<Written>> {
  const { context, cache, partition, operation, now } = write;
  const { writes, head } = writesOn(write, before, expect);
  cache.delete(partition.name);
  if (operation !== undefined) await noteOperationRecords(context, partition, { writes }, now);
  return {
    writes,
    revive: expect === "absent" && belonging.threadId !== undefined,
    landed(revision) {
      cache.set(partition.name, { head, revision, belonging });
      tell(write);
      return { head, first: before.next, next: head.next, replayed: false };
    },
  };
}

/** The order of expectations: the operation, the head as it was seen, the batches. */
function writesOn(
  write: StreamWrite,
  before: StreamHead,
  expect: "absent" | number,
): { readonly writes: readonly Write[]; readonly head: StreamHead } {
  const { context, options, operation, batches, ends, now } = write;
  let { next } = before;
  const events = batches.map(({ count, bytes }): Write => {
    next += count;
    return { op: "put", key: batchKey(next - 1), value: bytes, expect: "absent" };
  });
  const ttlMs = options.ttlMs ?? before.ttlMs;
  const head: StreamHead = {
    ...before,
    next,
    ...(ends ? { ended: true } : {}),
    ...(ttlMs === undefined ? {} : { ttlMs, expiresAt: now + ttlMs }),
  };
  const place = { first: before.next, next };
  return {
    head,
    writes: [
      ...operationWrites(operation, place, now, context.operationTtlMs),
      headWrite(head, expect),
      ...events,
    ],
  };
}

/** Wakes the followers. Nobody waits for it: a wake that fails costs them the time to their next look. */
function tell({ notifier, partition }: StreamWrite): void {
  const publish = async (): Promise<void> => notifier.publish(partition.name);
  publish().catch(() => undefined);
}
