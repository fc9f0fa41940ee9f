import type { Run, Store } from "@perdure/checkpoint-core";
import { approvalSummaries, type RunReport } from "../report.ts";
import { approvalsOf } from "../streams/ending.ts";
import { excerptOf, shownExcerpt } from "../steps/excerpt.ts";
import type { AsStepResult, Suspended } from "./contract.ts";
import { failedRun, InngestAgentSuspendedError } from "./errors.ts";

/** What the caller gets of a report: the output and the state as they are stored. Throws for a run that has failed. */
export async function answerOf(
  store: Store,
  report: RunReport,
  throwOnSuspend: boolean,
): Promise<AsStepResult> {
  const run = hasRun(report) ? await store.runs.get(report.runId) : undefined;
  if (!run) return { report };
  const { status, outcome, approvals } = run;
  if (outcome?.status === "failed") throw failedRun(outcome.error, report);
  if (outcome?.status === "completed") return { result: outcome.output, report };
  if (status !== "suspended" || approvals.length === 0) return { report };
  const suspended = await suspendedOf(store, run);
  if (throwOnSuspend)
    throw new InngestAgentSuspendedError(suspended.snapshot, suspended.checkpointId);
  return { suspended, report };
}

/** Reports of which the stored run says more. */
function hasRun({ status }: RunReport): boolean {
  return status !== "rejected" && status !== "busy" && status !== "queued";
}

async function suspendedOf(store: Store, run: Run): Promise<Suspended> {
  const { threadId, checkpointId } = run;
  const state =
    checkpointId === undefined ? undefined : await store.checkpoints.get(threadId, checkpointId);
  const approvals = await approvalsOf(store, run);
  return {
    snapshot: shownExcerpt(excerptOf(state ?? null)),
    ...(checkpointId === undefined ? {} : { checkpointId }),
    approvals: approvalSummaries(approvals.filter(({ status }) => status === "pending")),
  };
}
