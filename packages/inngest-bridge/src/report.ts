import type {
  Approval,
  ApprovalStatus,
  Run,
  RunOutcome,
  RunStatus,
} from "@perdure/checkpoint-core";
import { shortened } from "./shortened.ts";
import { excerptOf } from "./steps/excerpt.ts";

/** A run in a few words, as an execution reports it. */
export interface RunSummary {
  readonly runId: string;
  readonly threadId: string;
  readonly status: RunStatus;
  readonly outcome?: RunOutcome;
}

/** An approval as an execution reports it; the whole of it is in the store. */
export interface ApprovalSummary {
  readonly id: string;
  readonly callId: string;
  readonly tool: string;
  readonly input: unknown;
  readonly digest: string;
  readonly status: ApprovalStatus;
}

/** What came of one execution. A run takes one or several of them. */
export type RunReport = { readonly runId: string; readonly threadId: string } & (
  | { readonly status: "completed"; readonly output: unknown }
  /** Waits for a person; a resume event goes on from the checkpoint. */
  | {
      readonly status: "suspended";
      readonly checkpointId: string;
      readonly approvals: readonly ApprovalSummary[];
    }
  /** Goes on in a new execution, which has been woken: this one came near Inngest's limits. */
  | { readonly status: "continued"; readonly checkpointId: string }
  /** Not enough has been decided yet. */
  | { readonly status: "waiting"; readonly approvals: readonly ApprovalSummary[] }
  /** Behind the runs that have the thread: a wake-up starts it. */
  | { readonly status: "queued" }
  /** Another run has the thread, and `whenBusy` said to give up: nothing was recorded. */
  | { readonly status: "rejected" }
  /** Another execution works on it, and is alive. */
  | { readonly status: "busy" }
  /** Another execution took the run over while this one worked; `run` is what is stored. */
  | { readonly status: "lost"; readonly run: RunSummary }
  /** Nothing was left to do. */
  | { readonly status: "ended"; readonly reason: "final" | "failed"; readonly run: RunSummary }
  | { readonly status: "ended"; readonly reason: "gone" | "deleted" }
);

/** A run without its input; a large outcome is shown in part. */
export function summaryOf({ id, threadId, status, outcome }: Run): RunSummary {
  if (!outcome) return { runId: id, threadId, status };
  const shown =
    outcome.status === "completed" ? { ...outcome, output: shortened(outcome.output) } : outcome;
  return { runId: id, threadId, status, outcome: shown };
}

/** Approvals as a report holds them: with their inputs, as far as all of them are small enough to be repeated. */
export function approvalSummaries(approvals: readonly Approval[]): readonly ApprovalSummary[] {
  const isSmall = "whole" in excerptOf(approvals);
  return approvals.map(({ id, callId, tool, input, digest, status }) => ({
    id,
    callId,
    tool,
    input: isSmall ? input : { truncated: true },
    digest,
    status,
  }));
}

/** Nothing becomes of the run any more. */
export function isFinal({ status }: Run): boolean {
  return status === "completed" || status === "cancelled" || status === "superseded";
}
