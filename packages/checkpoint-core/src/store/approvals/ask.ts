import type { Write } from "../../backend/contract.ts";
import { StorageError } from "../../errors.ts";
import { checkId, checkWhole, THIS_WRITE } from "../operation.ts";
import type { Partition, Snapshot } from "../partition.ts";
import { checkList, checkObject } from "../arguments.ts";
import { readMany } from "../chunks.ts";
import type { Approval, ApprovalRequest } from "./contract.ts";
import {
  type ApprovalPlace,
  type ApprovalRecord,
  approvalKey,
  approvalOf,
  approvalWrite,
  decodeApproval,
  requestedRecord,
  type StoredApproval,
} from "./record.ts";

/** Approvals of one turn that are asked for, beside what is stored of them. */
export interface Asking {
  /** One entry for each that is not decided: it is put, or must still be pending as it was read. */
  readonly writes: readonly Write[];
  readonly approvals: readonly Approval[];
  /** Those that are put: to be announced before the write. */
  readonly asked: readonly ApprovalRecord[];
}

/** The records that asking needs to know. */
export function askedKeys(place: ApprovalPlace, requests: readonly ApprovalRequest[]): string[] {
  return requests.map((request) => approvalKey(requestedRecord(place, request, 0).id));
}

/**
 * What asking means, given what is stored: an approval that is not there is put; a pending one must stay so until the write lands, so that no decision slips between;
 * a decided one stands. One that was decided or asked for other arguments than these is asked anew: a decision counts only for what was shown.
 */
export function ask(
  threadId: string,
  place: ApprovalPlace,
  requests: readonly ApprovalRequest[],
  snapshot: Snapshot,
  now: number,
): Asking {
  const writes: Write[] = [];
  const approvals: Approval[] = [];
  const asked: ApprovalRecord[] = [];
  for (const request of requests) {
    const wanted = requestedRecord(place, request, now);
    const key = approvalKey(wanted.id);
    const found = snapshot.get(key);
    const stored = found && decodeApproval(found);
    const same = stored && stored.record.digest === wanted.digest;
    if (!same) {
      writes.push(approvalWrite(wanted, stored?.revision ?? "absent"));
      asked.push(wanted);
    } else if (stored.record.status === "pending")
      writes.push({ op: "check", key, expect: stored.revision });
    approvals.push(approvalOf(threadId, same ? stored : { record: wanted, revision: THIS_WRITE }));
  }
  return { writes, approvals, asked };
}

/** Refuses what is no list of requests, requests without names, and two for one call. */
export function checkRequests(requests: readonly ApprovalRequest[]): void {
  checkList("approvals", requests);
  for (const request of requests) {
    checkObject("An approval's request", request);
    checkId("An approval's callId", request.callId);
    checkId("An approval's tool", request.tool);
    if (request.expiresInMs !== undefined) checkExpiry(request.expiresInMs);
  }
  if (new Set(requests.map(({ callId }) => callId)).size < requests.length)
    throw new StorageError("INVALID_ARGUMENT", "Two approvals are asked for one call.");
}

const MAX_EXPIRY_MS = 100 * 366 * 24 * 60 * 60 * 1000;

function checkExpiry(expiresInMs: number): void {
  checkWhole("expiresInMs", expiresInMs, 1);
  if (expiresInMs > MAX_EXPIRY_MS)
    throw new StorageError("INVALID_ARGUMENT", "expiresInMs is over a hundred years.");
}

/** Enough has been decided: all of them, or any. No approvals are enough under both. */
export function isReady(
  approvals: readonly Pick<ApprovalRecord, "status">[],
  resumeWhen: "all" | "any",
): boolean {
  const decided = approvals.filter(({ status }) => status !== "pending").length;
  return decided === approvals.length || (resumeWhen === "any" && decided > 0);
}

/** The stored approvals with these ids. */
export async function readApprovals(
  partition: Partition,
  ids: readonly string[],
  now: number,
): Promise<readonly StoredApproval[]> {
  const keys = ids.map(approvalKey);
  const snapshot = await readMany(partition, keys, now);
  return keys.flatMap((key) => {
    const found = snapshot.get(key);
    return found ? [decodeApproval(found)] : [];
  });
}

/** The approvals with the revision of the write that stored them. */
export function landedApprovals(
  approvals: readonly Approval[],
  revision: number,
): readonly Approval[] {
  return approvals.map((one) => (one.revision === THIS_WRITE ? { ...one, revision } : one));
}
