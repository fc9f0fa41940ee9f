import {
  type Approval,
  type ApprovalReference,
  type DecideOptions as CheckOptions,
  type DecideResult,
  type Decision,
  type InputCheck,
  isStorageError,
  type Store,
} from "@perdure/checkpoint-core";
import { definedOnly } from "./inngest/asked.ts";
import { keepRefusal } from "./inngest/refusals.ts";
import { refuseBelow } from "./subagents/deciding.ts";
import type { DecideOptions } from "./target.ts";

/** What looks at an input that a person gives in place of the model's, for a call of a run. */
interface InputChecker {
  checkInput?(tool: string, input: unknown, runId: string): InputCheck | Promise<InputCheck>;
}

/**
 * A decision from trusted code is recorded, or the first one stands, also where its run has ended since; then `counted` is false. One that is for something else than was shown is kept as refused, and
 * throws `CONFLICT`.
 */
export async function recordDecision(
  agent: InputChecker,
  store: Store,
  options: DecideOptions,
  decision: Decision,
): Promise<DecideResult> {
  const { threadId, by, digest, shown, life } = options;
  const { approvals } = store;
  const reference = referenceIn(options);
  const shownOptions = definedOnly({ by, digest, shown, life });
  try {
    await refuseBelow(store, threadId, reference);
    const checked = { ...shownOptions, ...inputCheckOf({ agent }) };
    return await approvals.decide(threadId, reference, decision, checked);
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

/** How a decision's own input is looked at before it counts: by the agent, where it can. */
export function inputCheckOf({
  agent,
}: {
  readonly agent: InputChecker;
}): Pick<CheckOptions, "check"> {
  if (!agent.checkInput) return {};
  return {
    check: async ({ tool, runId }, input) =>
      agent.checkInput?.(tool, input, runId) ?? { ok: true, input },
  };
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
