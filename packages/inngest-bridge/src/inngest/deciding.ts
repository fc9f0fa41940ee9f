import {
  type Approval,
  type ApprovalReference,
  type DecideResult,
  type Decision,
  isStorageError,
  type Run,
  type Store,
} from "@perdure/checkpoint-core";
import type { RunInput } from "../runInput.ts";
import { refuseBelow } from "../subagents/deciding.ts";
import { definedOnly } from "./asked.ts";
import { type Bridge, inputCheckOf } from "./bridge.ts";
import type { DecideOptions } from "./contract.ts";
import { keepRefusal } from "./refusals.ts";
import { scoped } from "./scope.ts";
import { checkData, sendResume } from "./sending.ts";

/** The decision is recorded, or the first one stands; the resume event is sent in both cases, under an id of its own, because an earlier one may have been lost. */
export async function decide(
  bridge: Bridge,
  options: DecideOptions,
  decision: Decision,
): Promise<DecideResult> {
  const { threadId, scope, data = {}, by, digest, shown, life } = options;
  checkData(data);
  const store = scoped(bridge, { scope });
  const { approvals, runs } = store;
  const reference = referenceIn(options);
  const shownOptions = definedOnly({ by, digest, shown, life });
  try {
    await refuseBelow(store, threadId, reference);
    const decided = await approvals.decide(threadId, reference, decision, {
      ...shownOptions,
      ...inputCheckOf(bridge),
    });
    const { wake } = decided;
    if (wake) {
      const fields = { ...fieldsOf(await runs.get(wake.runId)), ...data };
      await sendResume(bridge, { ...fields, ...wake }, "The decision is recorded");
    }
    return decided;
  } catch (error) {
    const standing = await standingDecision(approvals, threadId, options, error);
    if (standing) return { counted: false, approval: standing };
    // Its run has not ended, so it was for something else than was shown.
    const isOther = isStorageError(error) && error.code === "CONFLICT" && !error.cause;
    if (isOther) {
      const { runId } = reference;
      const refused = { decisions: { ...reference, ...decision }, ...definedOnly({ by, runId }) };
      await keepRefusal(store, threadId, error, refused);
    }
    throw error;
  }
}

/** What the run's own event carried beside our fields. */
export function fieldsOf(run: Run | undefined): RunInput["fields"] {
  return (run?.input as Partial<RunInput> | undefined)?.fields;
}

function referenceIn({ approvalId, callId, runId }: DecideOptions): ApprovalReference {
  return definedOnly({ approvalId, callId, runId });
}

/** The decision that stands on an approval whose run has ended: it is the answer to another one. */
async function standingDecision(
  approvals: Store["approvals"],
  threadId: string,
  { approvalId }: DecideOptions,
  error: unknown,
): Promise<Approval | undefined> {
  if (approvalId === undefined || !isStorageError(error) || error.code !== "CONFLICT")
    return undefined;
  const approval = await approvals.get(threadId, approvalId);
  return approval?.status === "pending" ? undefined : approval;
}
