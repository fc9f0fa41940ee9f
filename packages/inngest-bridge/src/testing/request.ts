import { createHash } from "node:crypto";
import type { Job } from "./agenda.ts";
import { byteLength, canonicalText, type Json } from "./canonical.ts";
import { type EventData, eventPayload } from "./event.ts";
import type { Run } from "./run.ts";

export type CallJob = Extract<Job, { readonly kind: "call" }>;

/** One call of the SDK, ready to be sent; each copy of it is a `Request` of its own. */
export interface OutgoingCall {
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
  copy(): Request;
}

/**
 * Builds a call as the server does: the run's state in canonical JSON, or, where that is too
 * large, word that the SDK must fetch it. Throws `CanonicalError` at a lone surrogate.
 */
export function buildCall(
  run: Run,
  job: CallJob,
  requestId: string,
  limitBytes: number,
): OutgoingCall {
  const body = bodyOf(run, job, requestId, limitBytes);
  const step = job.step ?? "step";
  const headers = {
    "content-type": "application/json",
    "x-inngest-generation-id": String(job.attempt + 1),
    "x-inngest-job-id": jobRef(run, job),
    "x-inngest-req-version": String(run.version),
    "x-inngest-step-id": step,
    "x-request-id": requestId,
    "x-run-id": run.id,
  };
  const url = new URL(run.definition.url);
  url.searchParams.set("stepId", step);
  return { headers, body, copy: () => new Request(url, { method: "POST", headers, body }) };
}

/** The UUID by which the server names something that has a text of its own. */
export function wireId(text: string): string {
  const hex = createHash("sha1").update(text).digest("hex");
  const parts = [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ] as const;
  return parts.map(([from, to]) => hex.slice(from, to)).join("-");
}

function bodyOf(run: Run, job: CallJob, requestId: string, limitBytes: number): string {
  const roomForRest = 1024;
  const events = run.events.map(eventPayload);
  const isLarge = run.stateBytes > limitBytes - roomForRest;
  const steps = isLarge ? undefined : run.memoised();
  const text = canonicalText(message(run, job, { requestId, events, steps }));
  if (byteLength(text) <= limitBytes) return text;
  return canonicalText(message(run, job, { requestId, events: [], steps: undefined }));
}

interface Content {
  readonly requestId: string;
  readonly events: readonly EventData[];
  /** Absent when the SDK must fetch them. */
  readonly steps: { readonly [step: string]: Json } | undefined;
}

function message(run: Run, job: CallJob, { requestId, events, steps }: Content): Json {
  const useApi = steps === undefined;
  return {
    ctx: {
      attempt: job.attempt,
      disable_immediate_execution: run.forcePlan,
      env: "",
      fn_id: wireId(run.definition.id),
      generation_id: job.attempt + 1,
      job_id: jobRef(run, job),
      max_attempts: run.definition.maxAttempts,
      qi_id: jobRef(run, job),
      request_id: requestId,
      run_id: run.id,
      stack: { current: run.stack.indexOf(job.from ?? "") + 1, stack: run.stack },
      step_id: "step",
      use_api: useApi,
    },
    defers: {},
    event: eventPayload(run.event),
    events,
    steps: steps ?? {},
    use_api: useApi,
    version: run.version,
  };
}

function jobRef(run: Run, job: CallJob): string {
  return `${run.id}:${job.id}`;
}
