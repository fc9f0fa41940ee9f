import { checkGiven, digestOf, isStorageError, StorageError } from "@perdure/checkpoint-core";
import type { DurableAgent } from "../agent.ts";
import { refuseOptions } from "../askedOf.ts";
import { executionHere, failing, hostAt } from "../called.ts";
import { limitsOf } from "../continuing.ts";
import { crossedStep } from "../crossed.ts";
import type { Host } from "../host.ts";
import type { RunReport } from "../report.ts";
import { definedOnly } from "../inngest/asked.ts";
import { recordRequest } from "../inngest/recording.ts";
import { incoming, startOf } from "../incoming.ts";
import type { LoopStep } from "../loop/contract.ts";
import { type KnowsStore, storeFor } from "../ownStore.ts";
import { runOptionsIn } from "../runOptions.ts";
import { StepFailure } from "../steps/failure.ts";
import type { Ask } from "../take.ts";
import { work } from "../work.ts";
import { answerOf } from "./answer.ts";
import type { AsStepResult, ResumeAsStepOptions, RunAsStepOptions } from "./contract.ts";
import { failedRun, RefusedError } from "./errors.ts";
import { refuseAnothersRun } from "./othersRuns.ts";
import { checkResumeAsStep, checkRunAsStep } from "./options.ts";

/** An agent, and perhaps its store. */
export type StepAgent = DurableAgent & KnowsStore;

const WHERE = "runAsStep and resumeAsStep are called in an Inngest function.";

/**
 * An agent works in the function whose `step` this is, each of its model and tool calls a step of its own. A run that needs a person is stored and answered as `suspended`; the function goes on,
 * and `resumeAsStep` goes on with the run, in whatever function and process. The same event, thread and question are the same run, in every pass and in a rerun.
 *
 * Throws `RefusedError` (`INVALID_ARGUMENT`) for options that are missing or unknown, `BudgetExceededError` and `AgentRunFailedError` for a run that has failed. Inngest tries the function again for
 * none of them.
 */
export async function runAsStep(
  step: LoopStep,
  agent: StepAgent,
  options: RunAsStepOptions,
): Promise<AsStepResult> {
  return refusing(async () => begin(step, agent, options));
}

async function begin(
  step: LoopStep,
  agent: StepAgent,
  options: RunAsStepOptions,
): Promise<AsStepResult> {
  checkGiven("runAsStep", { step, agent }, { step: "object", agent: "object" });
  checkGiven("runAsStep", options);
  checkRunAsStep(options);
  const { threadId, prompt, messages, metadata, whenBusy = "reject" } = options;
  const { stepId = "ziro:agent:run", throwOnSuspend = false, continueAt } = options;
  const asked = runOptionsIn({ ...options });
  if (asked) refuseOptions(agent, asked);
  const store = storeFor("runAsStep", agent, options.store);
  const here = await executionHere(WHERE);
  const event = here.event.id ?? here.execution;
  const named = [event, agent.name, threadId, stepId, prompt ?? null, messages ?? null];
  const { runId = `run-${digestOf(named).slice(0, 40)}` } = options;
  const space = `${stepId}:${digestOf(runId).slice(0, 8)}:`;
  const host = hostAt(store, step, here, { runId, space, limits: limitsOf(continueAt) });
  const message = incoming({ prompt, messages }, startOf(runId));
  const report = await workedOn(host, agent, {
    verb: "begin",
    threadId,
    runId,
    event,
    whenBusy,
    input: { agent: agent.name, ...definedOnly({ prompt, messages, metadata, options: asked }) },
    ...(message === undefined ? {} : { message }),
  });
  return answerOf(host, report, throwOnSuspend);
}

/**
 * An agent goes on with a run that waits, with the decisions that the caller vouches for: of the run in the checkpoint, or of the one that has the thread. Where too little has been decided it is
 * answered as `suspended` again; a run that has ended gives its first result, and nothing else happens.
 *
 * Throws as `runAsStep` does, and `NOT_FOUND` where no run waits.
 */
export async function resumeAsStep(
  step: LoopStep,
  agent: StepAgent,
  threadId: string,
  options: ResumeAsStepOptions,
): Promise<AsStepResult> {
  return refusing(async () => goOn(step, agent, threadId, options));
}

async function goOn(
  step: LoopStep,
  agent: StepAgent,
  threadId: string,
  options: ResumeAsStepOptions,
): Promise<AsStepResult> {
  checkGiven("resumeAsStep", { step, agent }, { step: "object", agent: "object" });
  checkGiven("resumeAsStep", options);
  checkResumeAsStep(threadId, options);
  const { decisions, checkpointId, runId, by, retry, budget, toolBudget } = options;
  const { stepId = "ziro:agent:resume", throwOnSuspend = false, continueAt } = options;
  const store = storeFor("resumeAsStep", agent, options.store);
  const here = await executionHere(WHERE);
  const named = digestOf([threadId, checkpointId ?? null, runId ?? null]).slice(0, 8);
  const place = { space: `${stepId}:${named}:`, limits: limitsOf(continueAt) };
  const request = {
    threadId,
    ...definedOnly({ decisions, checkpointId, runId, by, retry, budget, toolBudget }),
  };
  const recording = hostAt(store, step, here, { ...place, runId: runId ?? "" });
  const recorded = await crossedStep(recording, { id: "decide" }, async (current) => {
    await refuseAnothersRun(recording, agent, request);
    const event = { name: "resumeAsStep", data: request };
    const bridge = { agent, authorize: undefined, trustEvents: true };
    const found = await recordRequest(bridge, store, { event, request }, current);
    if (found) return found;
    throw new StorageError("NOT_FOUND", `No run of the thread ${threadId} waits.`);
  });
  const host = hostAt(store, step, here, { ...place, runId: recorded.runId });
  const event = here.event.id ?? here.execution;
  const again = definedOnly({ retry });
  const report = await workedOn(host, agent, {
    verb: "claim",
    threadId,
    event,
    ...again,
    ...recorded,
  });
  return answerOf(host, report, throwOnSuspend);
}

async function workedOn(host: Host, agent: DurableAgent, ask: Ask): Promise<RunReport> {
  try {
    return await failing(host, ask, async () => work(host, agent, ask));
  } catch (error) {
    throw error instanceof StepFailure ? failedRun(error, ask) : error;
  }
}

/** What is refused is refused at once: a try of the whole function would change nothing. */
async function refusing<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const isFinal = error instanceof StepFailure || (isStorageError(error) && !error.retryable);
    if (!isFinal) throw error;
    throw new RefusedError(error.message, error.code ?? "BACKEND", error);
  }
}
