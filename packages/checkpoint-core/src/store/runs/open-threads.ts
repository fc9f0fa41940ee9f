import { encodeId } from "../../backend/keys.ts";
import { ConflictError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { shardOf } from "../directory/shards.ts";
import { encodeValue, type Partition } from "../partition.ts";
import { leaseWrite, standingIn, STANDING } from "../lease/standing.ts";

/** What an entry says: the thread, and when it was opened last, by the clock of who opened it. */
export interface OpenEntry {
  readonly threadId: string;
  readonly tenant?: string;
  readonly at: number;
}

/** What the keys of the entries begin with. */
export const OPEN_LIST = "t/";

/**
 * The thread is listed among the open ones of the whole store. Whoever opens a thread reads the lease, then lists (always, also where an entry may be there), then
 * writes expecting the lease as it was read before listing: an entry that is being removed meanwhile is either written again here or its removal fails.
 */
export async function listOpenThread(
  context: StoreContext,
  threadId: string,
  now: number,
): Promise<void> {
  const { tenant } = context.scope;
  const entry: OpenEntry = { threadId, ...(tenant === undefined ? {} : { tenant }), at: now };
  const value = encodeValue(entry);
  const { index, key } = entryOf(context, threadId);
  await index.write([{ op: "put", key, value, expect: "any" }], now);
}

/**
 * The thread is no longer listed, if no run has it: the idle lease is rewritten first, so that one that is about to open it must list it again, and the entry is
 * deleted only at the revision read before that. True when it was removed.
 */
export async function unlistOpenThread(context: StoreContext, threadId: string): Promise<boolean> {
  const now = context.now();
  const { index, key } = entryOf(context, threadId);
  const entry = (await index.read([key], now)).get(key);
  if (!entry) return false;
  const partition = context.thread(threadId);
  const standing = standingIn(context, await partition.read(STANDING, now));
  if (standing?.lease.run !== undefined) return false;
  try {
    if (standing) await partition.write([leaseWrite({}, standing.fence)], now);
    await index.write([{ op: "delete", key, expect: entry.revision }], now);
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}

/** A thread that is being deleted is no longer listed; `holds` is asked between the look at the entry and its deletion, so that one of another life stays. */
export async function forgetOpenThread(
  context: StoreContext,
  threadId: string,
  { now, holds }: { now: number; holds: () => Promise<boolean> },
): Promise<void> {
  const { index, key } = entryOf(context, threadId);
  const entry = (await index.read([key], now)).get(key);
  if (!entry || !(await holds())) return;
  try {
    await index.write([{ op: "delete", key, expect: entry.revision }], now);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
}

/** The index partition that lists a thread: 16 to a store, whatever the tenant. */
export function openThreads(context: StoreContext, shard: number): Partition {
  return context.shared("open", [String(shard)]);
}

function entryOf(
  context: StoreContext,
  threadId: string,
): { readonly index: Partition; readonly key: string } {
  const { name } = context.thread(threadId);
  return { index: openThreads(context, shardOf(name)), key: `${OPEN_LIST}${encodeId(name)}` };
}
