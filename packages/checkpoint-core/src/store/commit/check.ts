import { StorageError } from "../../errors.ts";
import { checkRequests } from "../approvals/ask.ts";
import { checkId, checkOperationId, checkWhole } from "../operation.ts";
import { checkObject, checkList, checkOneOf, checkText } from "../arguments.ts";
import { checkOutcome } from "../runs/arguments.ts";
import { checkAnswer } from "../runs/closing.ts";
import { checkLease } from "../lease/check.ts";
import type { Commit, CommitOptions } from "./contract.ts";

/** Refuses a commit that is wrong in itself, before anything is read. */
export function checkCommit(
  threadId: string,
  changes: Commit,
  options: CommitOptions,
  maxWrites: number,
): void {
  checkId("threadId", threadId);
  checkObject("The options of a commit", options);
  const { operationId, lease } = options;
  checkOperationId(operationId);
  checkObject("The changes of a commit", changes);
  if (lease === undefined) checkUnheld(changes);
  else checkLease(threadId, lease);
  const { answer, result, settle, unfinished, history, checkpoint, ms } = changes;
  if (answer) {
    checkWhole("answer.turn", answer.turn, 1);
    checkAnswer(answer.value, maxWrites);
  }
  if (result) checkResult(result);
  if (settle) checkSettle(settle);
  if (unfinished) checkTexts(unfinished);
  if (history) checkEntries(history);
  if (checkpoint) checkObject("checkpoint", checkpoint);
  if (ms !== undefined) checkWhole("ms", ms, 1);
}

function checkEntries(history: NonNullable<Commit["history"]>): void {
  checkList("history", history);
  for (const entry of history) checkObject("An entry of the history", entry);
}

function checkResult({ turn, value }: NonNullable<Commit["result"]>): void {
  checkWhole("result.turn", turn, 1);
  checkObject("result.value", value);
  checkId("result.callId", value.callId);
  checkId("result.toolName", value.toolName);
}

function checkSettle(settle: NonNullable<Commit["settle"]>): void {
  checkOutcome("settle", settle, ["completed", "failed", "suspended"]);
  if (settle.status !== "suspended") return;
  const { turn, approvals, resumeWhen } = settle;
  checkWhole("settle.turn", turn);
  checkRequests(approvals);
  if (resumeWhen !== undefined) checkOneOf("resumeWhen", resumeWhen, ["all", "any"]);
}

function checkTexts(unfinished: NonNullable<Commit["unfinished"]>): void {
  checkObject("unfinished", unfinished);
  for (const text of Object.values(unfinished)) checkText("A text of unfinished", text);
}

function checkUnheld({ answer, result, settle, unfinished, ms }: Commit): void {
  if (answer || result || settle || unfinished || ms !== undefined)
    throw new StorageError(
      "INVALID_ARGUMENT",
      "A commit without a lease takes only history and a checkpoint.",
    );
}
