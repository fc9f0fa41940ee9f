import {
  type ApprovalReference,
  ConflictError,
  type Run,
  type Store,
  StorageError,
} from "@perdure/checkpoint-core";
import { childOn, delegatedBy } from "./names.ts";

/**
 * Refuses a decision on a call of a run that works for another one, which asks for it: recorded here it would reach nobody. Throws `CONFLICT` with the outcome where the run has ended, for good also where it
 * has failed, and `INVALID_ARGUMENT`, which names the run that asks, where it goes on.
 */
export async function refuseBelow(
  store: Store,
  threadId: string,
  reference: ApprovalReference,
): Promise<void> {
  const run = await childMeant(store, threadId, reference);
  const by = run && delegatedBy(run);
  if (!by) return;
  const { id: runId, status, outcome } = run;
  if (outcome)
    throw new ConflictError(`Run ${runId} is ${status}; nothing was recorded.`, {
      key: `run/${runId}`,
      cause: { runId, outcome },
    });
  throw new StorageError(
    "INVALID_ARGUMENT",
    `The run ${runId} works for a call of the run ${by.runId}: what it needs a person for is asked there, on the thread ${by.threadId} or above.`,
  );
}

/** A run that works for another one and has failed: for whoever decides on a call of it, it has ended. */
export async function failedBelow(
  store: Store,
  threadId: string,
  { runId, life }: { readonly runId: string; readonly life?: number },
): Promise<Run | undefined> {
  const run = await childMeant(store, threadId, { runId });
  const isMeant = run?.status === "failed" && delegatedBy(run) && (life ?? run.life) === run.life;
  return isMeant ? run : undefined;
}

/** The run that a decision means, where it may be one that works for another: of any other thread nothing is read. */
async function childMeant(
  { runs }: Store,
  threadId: string,
  { approvalId, runId }: ApprovalReference,
): Promise<Run | undefined> {
  const child = childOn(threadId);
  if (child === undefined) return undefined;
  if (approvalId !== undefined)
    return approvalId.includes(`/${child}/`) ? runs.get(child) : undefined;
  return runId === undefined ? runs.holding(threadId) : runs.get(runId);
}
