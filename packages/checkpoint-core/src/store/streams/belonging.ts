import { encodeId } from "../../backend/keys.ts";
import { DeletedError, StorageError } from "../../errors.ts";
import { nonce, type StoreContext } from "../context.ts";
import { forgetListed, type ListedPartition, listPartition } from "../directory/partitions.ts";
import { dueAfter, noteWork } from "../maintenance/work.ts";
import { encodeValue, type Partition } from "../partition.ts";
import { BELONGINGS } from "../life/belongings.ts";
import { ensureThread, LIFE, type Life, lifeCheck, lifeIn } from "../life/life.ts";
import { transact } from "../transact.ts";
import type { StreamOptions } from "./contract.ts";
import type { StreamHead } from "./record.ts";

/** The kind of work that `maintain` does for streams. */
export const STREAM_WORK = "streams";
/** The kind of a stream's partition. */
const KIND = "s";

/** The partition of a stream. */
export function streamPartition(context: StoreContext, streamId: string): Partition {
  return context.partition(KIND, [streamId]);
}

/** Whose a stream is. */
export interface Belonging {
  readonly token: string;
  readonly threadId?: string;
  /** The life of the thread that it belongs to. */
  readonly life?: number;
  /** The user who alone may have it in a scope with users: the thread's owner, or the one who first wrote to it. */
  readonly owner?: string;
}

/**
 * The stream that is about to begin is known to whatever deletes it: to its thread, in a write that holds the thread's life, or to the tenant's directory. Work is noted
 * before, so that one whose thread is deleted in between is found.
 */
export async function register(
  context: StoreContext,
  streamId: string,
  { threadId, life, ttlMs = 0 }: StreamOptions,
  now: number,
): Promise<Belonging> {
  await noteStream(context, streamId, now + ttlMs, now);
  if (threadId === undefined) {
    const { user } = context.scope;
    await listStream(context, streamId, user, now);
    return user === undefined ? { token: nonce() } : { token: nonce(), owner: user };
  }
  const partition = context.thread(threadId);
  const key = entryKey(context, streamId);
  return transact<Belonging>(partition, now, async () => {
    const snapshot = await partition.read([LIFE, key], now);
    const lives = lifeIn(context, snapshot) ?? (await ensureThread(context, threadId));
    if (life !== undefined && lives.revision !== life) throw ofAnotherLife();
    const entry = snapshot.get(key)?.value() as Entry | undefined;
    if (entry) return { answer: belonging(threadId, lives, entry.token) };
    const token = nonce();
    const value = encodeValue({ kind: KIND, parts: [streamId], token } satisfies Entry);
    return {
      writes: [lifeCheck(lives), { op: "put", key, value, expect: "absent" }],
      landed: () => belonging(threadId, lives, token),
    };
  });
}

/**
 * The stream stands in the tenant's directory, so that erasing finds it. Written when it begins, and again when it has begun: an erasure that came between has taken the first entry
 * away.
 */
export async function listStream(
  context: StoreContext,
  streamId: string,
  owner: string | undefined,
  now: number,
): Promise<void> {
  const mine = owner === undefined ? {} : { owner };
  const listed: ListedPartition = { kind: KIND, parts: [streamId], ...mine };
  forgetListed(context, listed);
  await listPartition(context, listed, now);
}

/** Looks whose the stream is. Throws `FORBIDDEN` for another user's, `DELETED` where its thread has ended the life that it belongs to. */
export async function belongingOf(
  context: StoreContext,
  streamId: string,
  head: StreamHead,
  now: number,
): Promise<Belonging> {
  const { threadId, token, owner } = head;
  if (threadId === undefined) {
    const { user } = context.scope;
    if (user !== undefined && owner !== user)
      throw new StorageError("FORBIDDEN", "The stream belongs to another user.");
    return owner === undefined ? { token } : { token, owner };
  }
  const key = entryKey(context, streamId);
  const snapshot = await context.thread(threadId).read([LIFE, key], now);
  const life = lifeIn(context, snapshot);
  const entry = snapshot.get(key)?.value() as Entry | undefined;
  if (!life || entry?.token !== token) throw ofAnotherLife();
  return belonging(threadId, life, token);
}

/** The stream is looked at when it has expired, and that its thread lives. */
export async function noteStream(
  context: StoreContext,
  streamId: string,
  expiresAt: number,
  now: number,
): Promise<void> {
  await noteWork(context, { kind: STREAM_WORK, subject: streamId }, dueAfter(expiresAt), now);
}

/** What a thread knows of a stream that belongs to it, and by whose key the stream is dropped with it. */
interface Entry {
  readonly kind: string;
  readonly parts: readonly string[];
  readonly token: string;
}

function entryKey(context: StoreContext, streamId: string): string {
  return `${BELONGINGS}${encodeId(streamPartition(context, streamId).name)}`;
}

function belonging(threadId: string, { owner, revision }: Life, token: string): Belonging {
  const whose = { threadId, life: revision, token };
  return owner === undefined ? whose : { ...whose, owner };
}

/** What a writer is told whose thread, or whose life of it, is over. */
export function ofAnotherLife(): DeletedError {
  return new DeletedError("The thread that the stream belongs to was deleted.");
}
