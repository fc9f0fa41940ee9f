import type { Write } from "../../backend/contract.ts";
import type { StoreContext } from "../context.ts";
import { shardOf } from "../directory/shards.ts";
import { ownersPrefix, placeOf } from "../listing.ts";
import { dueAfter, noteWork } from "../maintenance/work.ts";
import { encodeValue } from "../partition.ts";
import type { ApprovalRecord } from "./record.ts";

/** The kind of index partition that lists what waits for a person: 16 to a tenant, by thread. */
export const ASKED = "asked";
/** The list in it. */
export const ASKED_LIST = "a";
/** Work: approvals of the thread that is its subject have a deadline that is due. */
export const DEADLINES = "approvals";
/** Work: what no longer waits is to leave the index partition that is its subject. */
export const LEFTOVERS = "asked";

/** What an entry of the index says. */
export interface AskedEntry {
  readonly threadId: string;
  readonly id: string;
  /** The thread's owner, under whom it is listed once more. */
  readonly owner?: string;
}

/** The approvals that a write is about to ask for. */
export interface Announced {
  readonly threadId: string;
  readonly owner: string | undefined;
  readonly asked: readonly ApprovalRecord[];
}

const DAY = 24 * 60 * 60 * 1000;

/**
 * What is about to be asked is listed, and its deadlines are noted, before the write that asks: a crash in between leaves an entry too much, which whoever meets it removes,
 * and no approval is pending without one. Always written, also where entries may be there: one that is being removed meanwhile is written again, or its removal fails.
 */
export async function announce(
  context: StoreContext,
  { threadId, owner, asked }: Announced,
  now: number,
): Promise<void> {
  if (asked.length === 0) return;
  const shard = shardOf(threadId);
  const deadlines = new Set(asked.flatMap(({ expiresAt }) => expiresAt ?? []));
  for (const dueAt of deadlines)
    await noteWork(context, { kind: DEADLINES, subject: threadId }, dueAt, now);
  await noteLeftovers(context, shard, now);
  const most = Math.max(1, Math.floor(context.backend.limits.maxWrites / 2));
  for (let start = 0; start < asked.length; start += most) {
    const writes = asked
      .slice(start, start + most)
      .flatMap((record) => entriesOf(threadId, owner, record));
    await context.index(ASKED, shard).write(writes, now);
  }
}

/** The partition is looked through at the end of the day. */
export async function noteLeftovers(
  context: StoreContext,
  shard: number,
  now: number,
): Promise<void> {
  const dueAt = dueAfter(Math.max(0, now), DAY);
  await noteWork(context, { kind: LEFTOVERS, subject: String(shard) }, dueAt, now);
}

/** An entry stands under the tenant and, with an owner, under the user: both by one write, so of one revision. */
export function askedKeys({ owner }: AskedEntry, place: string): readonly string[] {
  const all = `${ownersPrefix(ASKED_LIST, undefined)}${place}`;
  return owner === undefined ? [all] : [all, `${ownersPrefix(ASKED_LIST, owner)}${place}`];
}

/** Where the entry of an approval stands: another request of it stands elsewhere, unless it was made in the same millisecond. */
export function askedPlace(threadId: string, { id, requestedAt }: ApprovalRecord): string {
  return placeOf(requestedAt, `${id} ${threadId}`);
}

function entriesOf(
  threadId: string,
  owner: string | undefined,
  record: ApprovalRecord,
): readonly Write[] {
  const entry: AskedEntry = { threadId, id: record.id, ...(owner === undefined ? {} : { owner }) };
  const value = encodeValue(entry);
  return askedKeys(entry, askedPlace(threadId, record)).map((key) => ({
    op: "put",
    key,
    value,
    expect: "any",
  }));
}
