import type { Write } from "../../backend/contract.ts";
import { ConflictError, StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { type Listed, limitOf, ownersPrefix, type PageOptions, readListing } from "../listing.ts";
import type { Snapshot } from "../partition.ts";
import { LEASE, LIFE } from "../life/life.ts";
import { readMany } from "../chunks.ts";
import { readOrError, type Unreadable, unreadable } from "../unreadable.ts";
import { decodeRun, isFinal, runKey } from "../runs/record.ts";
import type { LeaseRecord } from "../lease/standing.ts";
import {
  ASKED,
  ASKED_LIST,
  type AskedEntry,
  askedKeys,
  askedPlace,
} from "../approvals/announce.ts";
import type { Approval, PendingPage } from "../approvals/contract.ts";
import { approvalKey, approvalOf, decodeApproval, parseApprovalId } from "../approvals/record.ts";

/** One page of what waits for a person in the threads of the scope; what an entry leads to is read, and an entry that leads to nothing any more is removed. */
export async function pendingPage(
  context: StoreContext,
  options: PageOptions,
): Promise<PendingPage> {
  const limit = limitOf(options);
  await context.ready();
  const now = context.now();
  const listing = {
    context,
    kind: ASKED,
    prefix: ownersPrefix(ASKED_LIST, context.scope.user),
    newestFirst: false,
  };
  const { entries, next } = await readListing(listing, { cursor: options.cursor, limit }, now);
  const seen = await lookAt(context, entries, now);
  await removeGone(context, seen, now);
  const unread = seen.flatMap(({ unread: one }) => one ?? []);
  return {
    approvals: seen.flatMap(({ approval }) => approval ?? []),
    ...(unread.length > 0 ? { unreadable: unread } : {}),
    ...(next === undefined ? {} : { cursor: next }),
  };
}

/** An entry, and what it leads to. */
export interface Seen {
  readonly listed: Listed;
  /** None where the entry cannot be read. */
  readonly entry?: AskedEntry;
  readonly approval?: Approval;
  /** What it leads to cannot be read, and may wait. */
  readonly unread?: Unreadable;
  /** It leads to nothing, and nobody who might have written it can still ask. */
  readonly isGone: boolean;
}

/** What the entries lead to, in their order: one read for each thread, or as many as the engine needs. */
export async function lookAt(
  context: StoreContext,
  entries: readonly Listed[],
  now: number,
): Promise<readonly Seen[]> {
  const named = entries.map((listed) => ({
    listed,
    ...readOrError(() => listed.record.value() as AskedEntry),
  }));
  const threads = Map.groupBy(
    named.flatMap(({ read }) => read ?? []),
    ({ threadId }) => threadId,
  );
  const snapshots = new Map<string, Snapshot>();
  for (const [threadId, ones] of threads) {
    const keys = ones.flatMap(({ id }) => [runKeyOf(id), approvalKey(id)]);
    snapshots.set(threadId, await readMany(context.thread(threadId), [LIFE, LEASE, ...keys], now));
  }
  return named.map(({ listed, read: entry, error }) => {
    if (error) return { listed, unread: unreadable(error, {}), isGone: false };
    const { threadId, id: approvalId } = entry;
    const snapshot = snapshots.get(threadId) ?? new Map();
    const found = readOrError(() => meaningOf(context, entry, listed.place, snapshot));
    if (!found.error) return Object.assign({ listed, entry }, found.read);
    return {
      listed,
      entry,
      unread: unreadable(found.error, { threadId, approvalId }),
      isGone: false,
    };
  });
}

function meaningOf(
  { scope }: StoreContext,
  { threadId, id }: AskedEntry,
  place: string,
  snapshot: Snapshot,
): Pick<Seen, "approval" | "isGone"> {
  const life = snapshot.get(LIFE);
  if (!life || life.revision !== lifeOf(id)) return { isGone: true };
  const { owner } = life.value() as { readonly owner?: string };
  if (scope.user !== undefined && owner !== scope.user) return { isGone: false };
  const run = snapshot.get(runKeyOf(id));
  if (run && isFinal(decodeRun(run).record.status)) return { isGone: true };
  const approval = waitingAt(snapshot, threadId, id, place);
  return approval ? { approval, isGone: false } : { isGone: !mayAsk(snapshot, id) };
}

/** The approval, if it waits, and if this is the entry of the request that it waits on. */
function waitingAt(
  snapshot: Snapshot,
  threadId: string,
  id: string,
  place: string,
): Approval | undefined {
  const found = snapshot.get(approvalKey(id));
  const stored = found && decodeApproval(found);
  const waits =
    stored?.record.status === "pending" && askedPlace(threadId, stored.record) === place;
  return waits ? approvalOf(threadId, stored) : undefined;
}

/**
 * An execution works on the approval's run: it may be about to ask for what it has listed. Where none does, each write that could still ask expects a lease that is no more, and a later
 * holder lists again before it asks.
 */
function mayAsk(snapshot: Snapshot, id: string): boolean {
  const lease = snapshot.get(LEASE)?.value() as LeaseRecord | undefined;
  return (
    lease?.execution !== undefined && lease.run !== undefined && runKeyOf(id) === runKey(lease.run)
  );
}

/** The entries that lead to nothing leave the index, unless they have been written again since they were read. */
export async function removeGone(
  { backend }: StoreContext,
  seen: readonly Seen[],
  now: number,
): Promise<void> {
  const gone = seen.filter(({ isGone }) => isGone);
  const most = Math.max(1, Math.floor(backend.limits.maxWrites / 2));
  for (const ones of Map.groupBy(gone, ({ listed }) => listed.index.name).values())
    for (let start = 0; start < ones.length; start += most)
      await removeAll(ones.slice(start, start + most), now);
}

/** At once where nothing came between; one by one otherwise. */
async function removeAll(seen: readonly Seen[], now: number): Promise<void> {
  if ((await remove(seen, now)) || seen.length === 1) return;
  for (const one of seen) await remove([one], now);
}

async function remove(seen: readonly Seen[], now: number): Promise<boolean> {
  const writes = seen.flatMap(({ listed, entry }) =>
    (entry ? askedKeys(entry, listed.place) : []).map((key): Write => {
      return { op: "delete", key, expect: listed.record.revision };
    }),
  );
  try {
    await seen[0]?.listed.index.write(writes, now);
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}

function lifeOf(id: string): number {
  return placeIn(id).life;
}

function runKeyOf(id: string): string {
  return `run/${placeIn(id).run}`;
}

function placeIn(id: string): NonNullable<ReturnType<typeof parseApprovalId>> {
  const parsed = parseApprovalId(id);
  if (!parsed) throw new StorageError("CORRUPT", "An entry of the index names no approval.");
  return parsed;
}
