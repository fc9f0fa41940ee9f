import type { Run, RunOutcome, Store } from "@perdure/checkpoint-core";
import { answerIn, wholeOutput } from "../answers.ts";
import type { Host } from "../host.ts";
import { approvalSummaries, type RunReport } from "../report.ts";
import { approvalsOf } from "../streams/ending.ts";
import { excerptOf, shownExcerpt } from "../steps/excerpt.ts";
import type { AsStepResult, Suspended } from "./contract.ts";
import { failedRun, InngestAgentSuspendedError } from "./errors.ts";

/** What the caller gets of a report: the output and the state as they are stored, the same in every pass. Throws for a run that has failed. */
export async function answerOf(
  host: Host,
  report: RunReport,
  throwOnSuspend: boolean,
): Promise<AsStepResult> {
  if (!hasRun(report)) return { report };
  if (report.status === "completed")
    return { result: await wholeOutput(host.store, report), report };
  const answer = await answerIn(host, report, async (run) => standingOf(host.store, run));
  if ("output" in answer) return { result: answer.output, report };
  const { failed, suspended } = answer.other ?? {};
  if (failed) throw failedRun(failed, report);
  if (!suspended) return { report };
  if (throwOnSuspend)
    throw new InngestAgentSuspendedError(suspended.snapshot, suspended.checkpointId);
  return { suspended, report };
}

/** Reports of which the stored run says more. */
function hasRun({ status }: RunReport): boolean {
  return status !== "rejected" && status !== "busy" && status !== "queued";
}

type Failure = Extract<RunOutcome, { readonly status: "failed" }>["error"];

/** How a run stands that has not completed. */
interface Standing {
  readonly failed?: Failure;
  readonly suspended?: Suspended;
}

async function standingOf(store: Store, run: Run): Promise<Standing> {
  const { status, outcome, approvals } = run;
  if (outcome?.status === "failed") return { failed: outcome.error };
  if (status !== "suspended" || approvals.length === 0) return {};
  return { suspended: await suspendedOf(store, run) };
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
