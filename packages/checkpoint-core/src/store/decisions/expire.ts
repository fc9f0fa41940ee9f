import { ConflictError, DeletedError, StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { checkId, checkWhole } from "../operation.ts";
import { lifeCheck } from "../life/life.ts";
import { type Plan, transact } from "../transact.ts";
import { isFinal, runKey, type StoredRun } from "../runs/record.ts";
import { type Standing, STANDING, standingIn } from "../lease/standing.ts";
import type { DecideResult } from "../approvals/contract.ts";
import { findApproval, type Meant } from "./find.ts";
import { approvalOf, approvalWrite, expiredRecord, isDue } from "../approvals/record.ts";

/** An approval beside what it was found with. */
export interface Found {
  readonly threadId: string;
  readonly standing: Standing;
  readonly meant: Meant;
  readonly now: number;
}

/** What `expire` is asked. */
export interface ExpireCall {
  readonly threadId: string;
  readonly approvalId: string;
  readonly life?: number | undefined;
}

/** The approval has expired where it is due; see `ApprovalStore.expire`. */
export async function expire(
  context: StoreContext,
  { threadId, approvalId, life: named }: ExpireCall,
): Promise<DecideResult> {
  checkId("threadId", threadId);
  checkId("approvalId", approvalId);
  if (named !== undefined) checkWhole("life", named, 1);
  await context.ready();
  const now = context.now();
  const partition = context.thread(threadId);
  return transact<DecideResult>(partition, now, async () => {
    const standing = standingIn(context, await partition.read(STANDING, now));
    const life = named ?? standing?.life.revision;
    if (standing?.life.revision !== life)
      throw new DeletedError("The approval belongs to another life of the thread.");
    if (!standing) throw new StorageError("NOT_FOUND", `There is no thread ${threadId}.`);
    const meant = await findApproval({ partition, now, standing }, { approvalId });
    const { run, approval } = meant;
    refuseFinal(run);
    const { record } = approval;
    const told = approvalOf(threadId, approval);
    const wake = { runId: record.runId, threadId, life: standing.life.revision };
    if (record.status !== "pending")
      return { answer: { counted: record.status === "expired", approval: told, wake } };
    if (record.expiresAt === undefined)
      throw new StorageError("INVALID_ARGUMENT", `Approval ${approvalId} has no deadline.`);
    if (!isDue(record, now)) return { answer: { counted: false, approval: told } };
    const plan = expiring({ threadId, standing, meant, now });
    return { ...plan, landed: (revision) => ({ ...plan.landed(revision), counted: true }) };
  });
}

/** The approval expires, while it is as it was read, its run has not moved and its thread lives. As the answer to a decision it does not count. */
export function expiring({ threadId, standing, meant, now }: Found): Plan<DecideResult> {
  const { run, approval } = meant;
  const runId = run.record.id;
  const record = expiredRecord(approval.record, now);
  return {
    writes: [
      approvalWrite(record, approval.revision),
      { op: "check", key: runKey(runId), expect: run.revision },
      lifeCheck(standing.life),
    ],
    landed: (revision) => ({
      counted: false,
      approval: approvalOf(threadId, { record, revision }),
      wake: { runId, threadId, life: standing.life.revision },
    }),
  };
}

/** Nothing is decided for a run that is final. Throws `CONFLICT` with its outcome. */
export function refuseFinal({ record: { id, status, outcome } }: StoredRun): void {
  if (isFinal(status))
    throw new ConflictError(`Run ${id} is ${status}; nothing was recorded.`, {
      key: runKey(id),
      cause: { runId: id, outcome },
    });
}
