import { ConflictError, DeletedError, StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { checkId, checkOperationId, checkWhole } from "../operation.ts";
import type { Partition } from "../partition.ts";
import { LIFE, lifeCheck, lifeIn } from "../life/life.ts";
import { type Decision as Planned, transact } from "../transact.ts";
import { checkObject, checkOneOf, checkText, copyOf } from "../arguments.ts";
import { isFinal, runKey } from "../runs/record.ts";
import { type Standing, STANDING, standingIn } from "../lease/standing.ts";
import type {
  ApprovalReference,
  ApprovalStatus,
  DecideOptions,
  DecideResult,
  Decision,
} from "../approvals/contract.ts";
import { expiring, type Found, refuseFinal } from "./expire.ts";
import { checkedDecision, type InputChecks, inputChecks } from "./input.ts";
import { findApproval, type Meant } from "./find.ts";
import {
  approvalDigest,
  approvalKey,
  approvalOf,
  type ApprovalRecord,
  approvalWrite,
  isDue,
} from "../approvals/record.ts";

/** The decision is recorded, or the first one stands; see `ApprovalStore.decide`. */
export async function decide(
  context: StoreContext,
  threadId: string,
  { reference: named, decision: given, options: optioned }: DecideCall,
): Promise<DecideResult> {
  checkId("threadId", threadId);
  checkReference(named);
  checkDecision(given, optioned);
  const reference = { ...named };
  const decision = copyOf(given);
  const options = { ...optioned };
  await context.ready();
  const now = context.now();
  const partition = context.thread(threadId);
  const checks = inputChecks(options.check);
  return transact<DecideResult>(partition, now, async () => {
    const standing = standingIn(context, await partition.read(STANDING, now));
    const { life = standing?.life.revision } = options;
    if (standing?.life.revision !== life) throw otherLife();
    if (!standing) throw new StorageError("NOT_FOUND", `There is no thread ${threadId}.`);
    const meant = await findApproval({ partition, now, standing }, reference);
    if (isFinal(meant.run.record.status) || meant.approval.record.status !== "pending")
      await refuseOtherLife(context, partition, now, standing);
    return planDecision({ threadId, standing, meant, now, checks }, decision, options);
  });
}

/** What is decided on what. */
export interface DecideCall {
  readonly reference: ApprovalReference;
  readonly decision: Decision;
  readonly options: DecideOptions;
}

/** What is told without a write is told only of the life that it was looked for in. */
async function refuseOtherLife(
  context: StoreContext,
  partition: Partition,
  now: number,
  { life }: Standing,
): Promise<void> {
  const found = lifeIn(context, await partition.read([LIFE], now));
  if (found?.revision !== life.revision) throw otherLife();
}

interface Deciding extends Found {
  readonly checks: InputChecks;
}

async function planDecision(
  deciding: Deciding,
  given: Decision,
  options: DecideOptions,
): Promise<Planned<DecideResult>> {
  const { threadId, standing, meant, now, checks } = deciding;
  const { run, approval } = meant;
  const runId = run.record.id;
  const { status, operationId } = approval.record;
  const told = approvalOf(threadId, approval);
  const counted =
    status !== "pending" && operationId !== undefined && operationId === options.operationId;
  if (counted && isFinal(run.record.status)) return { answer: { counted, approval: told } };
  refuseFinal(run);
  const wake = { runId, threadId, life: standing.life.revision };
  if (status !== "pending") return { answer: { counted, approval: told, wake } };
  checkShown(meant, options);
  if (isDue(approval.record, now)) return expiring(deciding);
  const decision = await checkedDecision(checks, told, given);
  const record = decidedRecord(approval.record, decision, options, now);
  return {
    writes: [
      approvalWrite(record, approval.revision === 0 ? "absent" : approval.revision),
      { op: "check", key: runKey(runId), expect: run.revision },
      lifeCheck(standing.life),
    ],
    landed: (revision) => ({
      counted: true,
      approval: approvalOf(threadId, { record, revision }),
      wake,
    }),
  };
}

const STATUS_OF: { readonly [K in Decision["kind"]]: ApprovalStatus } = {
  approve: "approved",
  deny: "denied",
  answer: "answered",
};

function decidedRecord(
  record: ApprovalRecord,
  decision: Decision,
  { by, operationId }: DecideOptions,
  now: number,
): ApprovalRecord {
  const modified = decision.kind === "approve" && decision.input !== undefined;
  return {
    ...record,
    status: STATUS_OF[decision.kind],
    decision,
    decidedAt: now,
    ...(modified ? { decidedDigest: approvalDigest(record.tool, decision.input) } : {}),
    ...(by === undefined ? {} : { by }),
    ...(operationId === undefined ? {} : { operationId }),
  };
}

/**
 * A decision counts only for what was shown: tool and arguments by their digest, the request by its revision. One that was shown the call before the request (0) counts for the
 * request too when it names the digest.
 */
function checkShown({ approval }: Meant, { digest, shown }: DecideOptions): void {
  const { id, digest: asked } = approval.record;
  const otherwise = digest !== undefined && digest !== asked;
  const sawCall = shown === 0 && digest === asked;
  if (otherwise || (shown !== undefined && shown !== approval.revision && !sawCall))
    throw new ConflictError(`Approval ${id} is not as it was shown; nothing was recorded.`, {
      key: approvalKey(id),
    });
}

function otherLife(): DeletedError {
  return new DeletedError("The decision belongs to another life of the thread.");
}

function checkReference(reference: ApprovalReference): void {
  checkObject("The reference of a decision", reference);
  for (const what of ["approvalId", "callId", "runId"] as const)
    if (reference[what] !== undefined) checkId(what, reference[what]);
}

function checkDecision(decision: Decision, options: DecideOptions): void {
  checkObject("A decision", decision);
  checkObject("The options of a decision", options);
  checkOneOf("The kind of a decision", decision.kind, Object.keys(STATUS_OF));
  if (decision.kind === "deny" && decision.reason !== undefined)
    checkText("reason", decision.reason);
  if (options.by !== undefined) checkText("by", options.by);
  if (options.digest !== undefined) checkText("digest", options.digest);
  if (options.shown !== undefined) checkWhole("shown", options.shown);
  if (options.life !== undefined) checkWhole("life", options.life, 1);
  if (options.operationId !== undefined) checkOperationId(options.operationId);
  if (options.check !== undefined && typeof options.check !== "function")
    throw new StorageError("INVALID_ARGUMENT", "check must be a function.");
}
