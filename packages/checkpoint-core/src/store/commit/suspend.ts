import { ask, askedKeys, type Asking, isReady } from "../approvals/ask.ts";
import type { Approval } from "../approvals/contract.ts";
import type { Snapshot } from "../partition.ts";
import type { Lease } from "../lease/lease.ts";
import type { RunRecord } from "../runs/record.ts";
import type { Commit } from "./contract.ts";

export type Suspension = Extract<Commit["settle"], { readonly status: "suspended" }>;

/** What a suspension finds: enough has been decided and the run goes on, or it waits for these. */
export type Suspending = { readonly goOn: readonly Approval[] } | Asking;

/** The records that a suspension must know. */
export function suspensionKeys(lease: Lease, { turn, approvals }: Suspension): string[] {
  return askedKeys({ life: lease.life, runId: lease.runId, turn }, approvals);
}

/**
 * Meets the decisions that came early, or while the run worked: goes on where enough has been decided. Otherwise each approval that is still pending must stay so until the
 * write lands. Without approvals it is a continuation, which always suspends.
 */
export function suspending(
  lease: Lease,
  { turn, approvals: requests, resumeWhen = "all" }: Suspension,
  snapshot: Snapshot,
  now: number,
): Suspending {
  const { threadId, life, runId } = lease;
  const asking = ask(threadId, { life, runId, turn }, requests, snapshot, now);
  const { approvals } = asking;
  if (approvals.length > 0 && isReady(approvals, resumeWhen))
    return { goOn: approvals.filter(({ status }) => status !== "pending") };
  return asking;
}

/** The run as it waits. */
export function suspendedRun(
  record: RunRecord,
  { resumeWhen = "all" }: Suspension,
  approvals: readonly Approval[],
): RunRecord {
  return {
    ...record,
    status: "suspended",
    approvals: approvals.map(({ id }) => id),
    resumeWhen,
  };
}
