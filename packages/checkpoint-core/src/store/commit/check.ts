import { StorageError } from "../../errors.ts";
import { checkRequests } from "../approvals/ask.ts";
import { checkId, checkOperationId, checkWhole } from "../operation.ts";
import { checkAnswer } from "../runs/closing.ts";
import type { Lease } from "../lease.ts";
import type { Commit, CommitOptions } from "./contract.ts";

/** Refuses a commit that is wrong in itself, before anything is read. */
export function checkCommit(
  threadId: string,
  changes: Commit,
  { operationId, lease }: CommitOptions,
  maxWrites: number,
): void {
  checkId("threadId", threadId);
  checkOperationId(operationId);
  if (lease) checkLease(threadId, lease);
  else checkUnheld(changes);
  const { answer, result, settle, ms } = changes;
  if (answer) {
    checkWhole("answer.turn", answer.turn, 1);
    checkAnswer(answer.value, maxWrites);
  }
  if (result) {
    checkWhole("result.turn", result.turn, 1);
    checkId("result.callId", result.value.callId);
  }
  if (settle?.status === "suspended") {
    checkWhole("settle.turn", settle.turn);
    checkRequests(settle.approvals);
  }
  if (ms !== undefined) checkWhole("ms", ms, 1);
}

/** Refuses a lease of another thread. */
export function checkLease(threadId: string, lease: Lease): void {
  checkId("lease.runId", lease.runId);
  checkWhole("lease.fence", lease.fence, 1);
  checkWhole("lease.life", lease.life, 1);
  if (lease.threadId !== threadId)
    throw new StorageError("INVALID_ARGUMENT", "The lease is one of another thread.");
}

function checkUnheld({ answer, result, settle, unfinished, ms }: Commit): void {
  if (answer || result || settle || unfinished || ms !== undefined)
    throw new StorageError(
      "INVALID_ARGUMENT",
      "A commit without a lease takes only history and a checkpoint.",
    );
}
