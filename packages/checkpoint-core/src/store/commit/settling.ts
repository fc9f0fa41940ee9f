import type { Write } from "../../backend/contract.ts";
import type { Approval } from "../approvals/contract.ts";
import type { ApprovalRecord } from "../approvals/record.ts";
import type { Snapshot } from "../partition.ts";
import { LEASE } from "../life/life.ts";
import type { Lease } from "../lease/lease.ts";
import { endedRun, holderIn, type RunRecord } from "../runs/record.ts";
import { handOver, leaseWrite, type LeaseRecord, type Standing } from "../lease/standing.ts";
import type { Given } from "./given.ts";
import { suspendedRun, suspending } from "./suspend.ts";

/** What becomes of the lease and the run in a commit. */
export interface Settling {
  /** The fence is checked, or the thread handed over. */
  readonly lease: Write;
  /** The run as it is afterwards, where it changes. */
  readonly run?: RunRecord;
  /** Approvals, or the queue. */
  readonly writes: readonly Write[];
  readonly approvals?: readonly Approval[];
  /** The approvals that this asks for: announced before the write. */
  readonly asked?: readonly ApprovalRecord[];
  /** The run that is next. */
  readonly next?: string;
}

/** What a commit under a lease found. */
export interface HeldFacts {
  readonly lease: Lease;
  readonly held: LeaseRecord;
  readonly standing: Standing;
  readonly snapshot: Snapshot;
  readonly now: number;
}

/** The commit's effect on lease and run; or the decisions with which the run goes on instead of suspending. */
export function settlingOf(
  { settle }: Given["changes"],
  facts: HeldFacts,
): Settling | { readonly goOn: readonly Approval[] } {
  const { lease, held, standing, snapshot, now } = facts;
  if (!settle) return { lease: { op: "check", key: LEASE, expect: lease.fence }, writes: [] };
  const { record } = holderIn(snapshot, lease);
  if (settle.status === "suspended") {
    const suspension = suspending(lease, settle, snapshot, now);
    if ("goOn" in suspension) return suspension;
    const { approvals, asked, writes } = suspension;
    const { ms } = held;
    return {
      lease: leaseWrite(
        ms === undefined ? { run: lease.runId } : { run: lease.runId, ms },
        lease.fence,
      ),
      run: suspendedRun(record, settle, approvals),
      writes,
      approvals,
      asked,
      ...(approvals.length === 0 ? { next: lease.runId } : {}),
    };
  }
  const handed = handOver(standing);
  return {
    lease: handed.lease,
    run: endedRun(record, settle, now),
    writes: [handed.queue],
    ...(handed.next === undefined ? {} : { next: handed.next }),
  };
}
