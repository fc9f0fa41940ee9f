import { StorageError } from "@perdure/checkpoint-core";
import { definedOnly } from "../inngest/asked.ts";
import { isDecisions, resumeProblem, runProblem } from "../inngest/problems.ts";
import { RUN_OPTIONS } from "../runOptions.ts";
import type { AsStepOptions, ResumeAsStepOptions, RunAsStepOptions } from "./contract.ts";

/** Options of Ziro's that a run cannot be stored with, and what there is instead. */
const REFUSED: Readonly<Record<string, string>> = {
  approver: "a call that asks suspends the run, and resumeAsStep brings the decision",
  abortSignal: "store.runs.cancel(runId) ends a run, whoever works on it",
  onEvent: "what a run says stands in its stream: store.streams, or observe",
  prepareStep: "it belongs to the agent",
  repairToolCall: "it belongs to the agent",
  stopWhen: "it belongs to the agent",
  agentId: "a run is known by its runId",
};

const COMMON = ["store", "stepId", "throwOnSuspend", "persistSuspended", "continueAt"];
const RUN: ReadonlySet<string> = new Set([
  ...COMMON,
  ...RUN_OPTIONS,
  "threadId",
  "prompt",
  "messages",
  "metadata",
  "runId",
  "whenBusy",
]);
const RESUME: ReadonlySet<string> = new Set([
  ...COMMON,
  "budget",
  "toolBudget",
  "decisions",
  "checkpointId",
  "runId",
  "by",
  "retry",
]);

/** Refuses what a run cannot be begun with (`INVALID_ARGUMENT`). Its own options are looked at elsewhere. */
export function checkRunAsStep(options: RunAsStepOptions): void {
  checkNames("runAsStep", options, RUN);
  checkCommon(options);
  const { threadId, prompt, messages, metadata, runId, whenBusy } = options;
  refuseIf(runProblem(definedOnly({ threadId, prompt, messages, metadata, runId })));
  if (!["reject", "cancel", undefined].includes(whenBusy))
    refuseIf('whenBusy is "reject" or "cancel": nobody would wake a run that is queued here.');
}

/** The same for a run that goes on. */
export function checkResumeAsStep(threadId: string, options: ResumeAsStepOptions): void {
  checkNames("resumeAsStep", options, RESUME);
  checkCommon(options);
  const { decisions, checkpointId, runId, retry, by, budget, toolBudget } = options;
  const data = { threadId, decisions, checkpointId, runId, retry, budget, toolBudget };
  refuseIf(resumeProblem(definedOnly(data)));
  if (decisions !== undefined && !isDecisions(decisions)) refuseIf("decisions are by call id.");
  if (by !== undefined && typeof by !== "string") refuseIf("by must be a string.");
}

function checkNames(call: string, options: object, known: ReadonlySet<string>): void {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const unknown = given.map(([name]) => name).find((name) => !known.has(name));
  if (unknown === undefined) return;
  const instead = Object.hasOwn(REFUSED, unknown) ? `: ${REFUSED[unknown]}` : "";
  refuseIf(`${call} has no option "${unknown}"${instead}.`);
}

function checkCommon({ stepId, throwOnSuspend, ...options }: AsStepOptions): void {
  const { persistSuspended }: { readonly persistSuspended?: unknown } = options;
  if (stepId !== undefined && (typeof stepId !== "string" || stepId === ""))
    refuseIf("stepId must be a string that is not empty.");
  if (throwOnSuspend !== undefined && typeof throwOnSuspend !== "boolean")
    refuseIf("throwOnSuspend must be true or false.");
  if (persistSuspended !== undefined && persistSuspended !== true)
    refuseIf("persistSuspended cannot be false: a state that waits is always stored.");
}

function refuseIf(problem: string | undefined): void {
  if (problem !== undefined) throw new StorageError("INVALID_ARGUMENT", problem);
}
