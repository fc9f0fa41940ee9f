import type { Write } from "../../backend/contract.ts";
import type { StoreContext } from "../context.ts";
import { checkOperationId, checkWhole, operationKey, operationWrite } from "../operation.ts";
import { LEASE, LIFE, lifeIn } from "../life/life.ts";
import { transact } from "../transact.ts";
import { checkOwnLease } from "../lease/check.ts";
import { holderIn, runKey, runWrite } from "../runs/record.ts";
import type { Lease } from "../lease/lease.ts";
import { copyOf } from "../arguments.ts";
import { readMany } from "../chunks.ts";
import { heldLease, pulseWrite, sameLife } from "../lease/standing.ts";
import { announce } from "../approvals/announce.ts";
import { ask, askedKeys, checkRequests, landedApprovals } from "../approvals/ask.ts";
import type { Approval, ApprovalRequest } from "../approvals/contract.ts";

/** What is asked, without suspending the run. */
export interface RequestCall {
  readonly lease: Lease;
  readonly turn: number;
  readonly requests: readonly ApprovalRequest[];
  readonly operationId: string;
}

/**
 * The approvals are asked for under the lease: operation, lease, pulse, run, approvals. They are announced before. Who begins the run again is told of the decisions on them; a suspension
 * waits for those that it names itself.
 */
export async function requestApprovals(
  context: StoreContext,
  given: RequestCall,
): Promise<readonly Approval[]> {
  const { turn, operationId } = given;
  checkOwnLease(given.lease);
  checkWhole("turn", turn);
  checkRequests(given.requests);
  checkOperationId(operationId);
  const lease = { ...given.lease };
  const requests = copyOf(given.requests);
  const { threadId, runId, life } = lease;
  await context.ready();
  const now = context.now();
  const partition = context.thread(threadId);
  const op = operationKey("request", operationId);
  const place = { life, runId, turn };
  const keys = [op, LIFE, LEASE, runKey(runId), ...askedKeys(place, requests)];
  return transact<readonly Approval[]>(partition, now, async () => {
    const snapshot = await readMany(partition, keys, now);
    sameLife(context, snapshot, lease);
    const done = snapshot.get(op);
    if (done)
      return {
        answer: landedApprovals(done.value() as readonly Approval[], done.revision),
      };
    const held = heldLease(context, snapshot, lease);
    const { record, revision: expect } = holderIn(snapshot, lease);
    const asking = ask(threadId, place, requests, snapshot, now);
    const { approvals, asked } = asking;
    const ids = [...new Set([...record.approvals, ...approvals.map(({ id }) => id)])];
    const writes: readonly Write[] = [
      operationWrite(op, approvals, now, context.operationTtlMs),
      { op: "check", key: LEASE, expect: lease.fence },
      pulseWrite(held.ms ?? 1, "any"),
      runWrite({ ...record, approvals: ids }, expect),
      ...asking.writes,
    ];
    partition.check(writes);
    await announce(context, { threadId, owner: lifeIn(context, snapshot)?.owner, asked }, now);
    return {
      writes,
      landed: (revision) => landedApprovals(approvals, revision),
    };
  });
}
