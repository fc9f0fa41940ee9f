import { isStorageError } from "../../errors.ts";
import { ordinalKey, prefixRange } from "../../backend/keys.ts";
import { INDEX_SHARDS, type StoreContext } from "../context.ts";
import { limitOf, type PageOptions, timeOf } from "../listing.ts";
import type { OpenRecord } from "../partition.ts";
import { apart, isOfRecord, readOrError, type Unreadable, unreadable } from "../unreadable.ts";
import type { OpenPage, ThreadStanding } from "./contract.ts";
import { OPEN_LIST, type OpenEntry, openThreads, unlistOpenThread } from "./open-threads.ts";
import { threadStanding } from "./standing.ts";

/** The whole store, and each tenant's part of it. */
export interface Everything {
  readonly context: StoreContext;
  readonly tenantContext: (tenant: string | undefined) => StoreContext;
}

/** A thread that no run has leaves the list when it was opened longer ago than this: one that is opened again and again is not taken out each time. */
const IDLE_MS = 10 * 60 * 1000;
/** Threads that are read at the same time. */
const AT_ONCE = 8;

/** One page of the threads that runs have, in the whole store; see `Store.openThreads`. */
export async function openPage(
  { context, tenantContext }: Everything,
  options: PageOptions,
): Promise<OpenPage> {
  const limit = limitOf(options);
  await context.ready();
  const now = context.now();
  const { entries, next } = await entriesBehind(context, options.cursor, limit, now);
  const found: (ThreadStanding | Unreadable)[] = [];
  for (let start = 0; start < entries.length; start += AT_ONCE) {
    const some = entries.slice(start, start + AT_ONCE);
    const looks = some.map(async (record) => lookAt(record, tenantContext, now));
    found.push(...(await Promise.all(looks)).filter((one) => one !== undefined));
  }
  const { shown, told } = apart(found);
  return { threads: shown, ...told, ...(next === undefined ? {} : { cursor: next }) };
}

/** The thread of an entry as it stands; `undefined` where no run has it, and then the entry goes, or where it is being deleted. */
async function lookAt(
  record: OpenRecord,
  tenantContext: Everything["tenantContext"],
  now: number,
): Promise<ThreadStanding | Unreadable | undefined> {
  const { read: entry, error } = readOrError(() => record.value() as OpenEntry);
  if (!entry) return unreadable(error, {});
  const { threadId, tenant, at } = entry;
  const context = tenantContext(tenant);
  try {
    const standing = await threadStanding(context, threadId);
    if (!standing && at + IDLE_MS <= now) await unlistOpenThread(context, threadId);
    return standing;
  } catch (failure) {
    if (isOfRecord(failure)) return unreadable(failure, { threadId });
    // No run has it any more. Whoever ends its deletion takes the entry out.
    if (isStorageError(failure) && failure.code === "DELETED") return undefined;
    throw failure;
  }
}

/** Up to `limit` entries behind the cursor, one index partition after the other. */
async function entriesBehind(
  context: StoreContext,
  cursor: string | undefined,
  limit: number,
  now: number,
): Promise<{ readonly entries: readonly OpenRecord[]; readonly next?: string }> {
  const all = prefixRange(OPEN_LIST);
  const entries: OpenRecord[] = [];
  let shard = cursor === undefined ? 0 : timeOf(cursor);
  // "!" sorts before every character of a name: the first key behind the cursor.
  let from = cursor === undefined ? all.from : `${OPEN_LIST}${cursor.slice(17)}!`;
  while (shard < INDEX_SHARDS) {
    const index = openThreads(context, shard);
    const wanted = { from, to: all.to, limit: limit - entries.length };
    const page: Awaited<ReturnType<typeof index.scan>> = await index.scan(wanted, now);
    entries.push(...page.records);
    const last = entries.at(-1);
    if (entries.length >= limit && last)
      return { entries, next: `${ordinalKey(shard)}/${last.key.slice(OPEN_LIST.length)}` };
    if (page.next === undefined) shard += 1;
    from = page.next ?? all.from;
  }
  return { entries };
}
