import type { Approval, Run } from "@perdure/checkpoint-core";
import { eventNow, type RunEvent } from "./vocabulary.ts";

/** True where nobody works on the run and nothing of its own accord will change that: it has ended, failed, or waits for a person. */
export function isAtRest({ status, approvals }: Run): boolean {
  if (status === "suspended") return approvals.length > 0;
  return status !== "queued" && status !== "running";
}

/** What is said of a run that has come to rest: the same whoever says it. Nothing where it goes on. */
export function restEvents(run: Run, approvals: readonly Approval[]): readonly RunEvent[] {
  if (!isAtRest(run)) return [];
  const { id: runId, threadId, revision } = run;
  const outcome = run.status === "suspended" ? undefined : run.outcome;
  const scope = { runId, threadId, scope: "agent", revision } as const;
  const ended = eventNow("stream.ended", { runId, scope: "agent" });
  switch (outcome?.status) {
    case "completed":
      return [eventNow("run.completed", { ...scope, result: outcome.output }), ended];
    case "failed": {
      const { name, message } = outcome.error;
      const error = `${name}: ${message}`;
      return [eventNow("run.failed", { ...scope, error, recoverable: true })];
    }
    case "cancelled": {
      const said = outcome.reason === undefined ? {} : { message: outcome.reason };
      return [
        eventNow("run.interrupted", { ...scope, reason: "user_cancellation", ...said }),
        ended,
      ];
    }
    case "superseded": {
      const message = `The run ${outcome.by} took the thread.`;
      return [eventNow("run.interrupted", { ...scope, reason: "other", message }), ended];
    }
    case undefined:
    default:
      return [suspendedEvent(run, approvals)];
  }
}

function suspendedEvent(
  { id: runId, threadId, revision, checkpointId }: Run,
  approvals: readonly Approval[],
): RunEvent {
  const toolCalls = approvals
    .filter(({ status }) => status === "pending")
    .map(({ id, callId, tool, input, digest }) => ({
      approvalId: id,
      callId,
      toolName: tool,
      toolInput: input,
      digest,
    }));
  return eventNow("run.suspended", {
    runId,
    threadId,
    scope: "agent",
    revision,
    ...(checkpointId === undefined ? {} : { checkpointId }),
    toolCalls,
  });
}
