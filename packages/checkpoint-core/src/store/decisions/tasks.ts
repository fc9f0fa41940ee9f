import { isStorageError, StorageError } from "../../errors.ts";
import { INDEX_SHARDS, type StoreContext } from "../context.ts";
import { ownersPrefix } from "../listing.ts";
import type { Task } from "../maintenance/task.ts";
import { dueAfter, noteWork } from "../maintenance/work.ts";
import { prefixRange } from "../../backend/keys.ts";
import { STANDING, standingIn } from "../lease/standing.ts";
import { ASKED, ASKED_LIST, DEADLINES, LEFTOVERS, noteLeftovers } from "../approvals/announce.ts";
import { expire } from "./expire.ts";
import { allApprovals } from "./find.ts";
import { lookAt, removeGone } from "./page.ts";
import { approvalPrefix, isDue } from "../approvals/record.ts";

/** What `maintain` does for approvals: those that are due expire, and what no longer waits leaves the index. */
export const approvalTasks: readonly Task[] = [
  {
    kind: DEADLINES,
    async run(context, { subject: threadId }, hasTime, report) {
      const now = context.now();
      const partition = context.thread(threadId);
      const standing = standingIn(context, await partition.read(STANDING, now));
      if (!standing) return "done";
      const { tenant } = context.scope;
      const all = await allApprovals({ partition, now }, approvalPrefix(standing.life.revision));
      for (const { record } of all) {
        if (!isDue(record, now)) continue;
        if (!hasTime()) return "again";
        const wake = await expireDue(context, threadId, record.id);
        if (wake) report.wake(tenant === undefined ? wake : { ...wake, tenant });
      }
      // An execution may be about to ask for what it has noted: once none works here, what it wrote has been seen, or its write fails.
      if (standing.lease.execution !== undefined)
        await noteWork(context, { kind: DEADLINES, subject: threadId }, dueAfter(now), now);
      return "done";
    },
  },
  {
    kind: LEFTOVERS,
    async run(context, { subject }, hasTime) {
      const shard = Number(subject);
      if (!Number.isSafeInteger(shard) || shard < 0 || shard >= INDEX_SHARDS)
        throw new StorageError("CORRUPT", "The work names no index partition.");
      const left = await removeLeftovers(context, shard, hasTime);
      if (left === "again") return "again";
      if (left > 0) await noteLeftovers(context, shard, context.now());
      return "done";
    },
  },
];

type Wake = NonNullable<Awaited<ReturnType<typeof expire>>["wake"]>;

/** Whom to wake after it; nobody where its run has ended or its thread is gone meanwhile. */
async function expireDue(
  context: StoreContext,
  threadId: string,
  approvalId: string,
): Promise<Wake | undefined> {
  try {
    return (await expire(context, { threadId, approvalId })).wake;
  } catch (error) {
    if (isStorageError(error) && GONE.has(error.code)) return undefined;
    throw error;
  }
}

const GONE: ReadonlySet<string> = new Set(["CONFLICT", "DELETED", "NOT_FOUND"]);

const PAGE = 100;

/** How many entries are left of those that were looked at. */
async function removeLeftovers(
  context: StoreContext,
  shard: number,
  hasTime: () => boolean,
): Promise<number | "again"> {
  const now = context.now();
  const index = context.index(ASKED, shard);
  const prefix = ownersPrefix(ASKED_LIST, undefined);
  const { from: first, to } = prefixRange(prefix);
  let left = 0;
  for (let from: string | undefined = first; from !== undefined; ) {
    if (!hasTime()) return "again";
    const page: Awaited<ReturnType<typeof index.scan>> = await index.scan(
      { from, to, limit: PAGE },
      now,
    );
    const listed = page.records.map((record) => {
      return { record, index, place: record.key.slice(prefix.length) };
    });
    const seen = await lookAt(context, listed, now);
    await removeGone(context, seen, now);
    left += seen.filter(({ isGone }) => !isGone).length;
    from = page.next;
  }
  return left;
}
