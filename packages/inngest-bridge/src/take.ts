import {
  type BeginAnswer,
  type BeginOptions,
  ContentionError,
  isStorageError,
  type Lease,
  type Run,
  StorageError,
} from "@perdure/checkpoint-core";
import type { DurableAgent } from "./agent.ts";
import { carry, type Carried, carryDecisions, type CarriedDecisions } from "./carried.ts";
import { refuseIncompatible } from "./compatible.ts";
import { crossedStep } from "./crossed.ts";
import type { Host } from "./host.ts";
import { approvalSummaries, type RunReport, summaryOf } from "./report.ts";
import type { RunInput } from "./runInput.ts";
import type { RunOptions } from "./runOptions.ts";
import type { CurrentStep } from "./steps/ambient.ts";
import { crossing, failureOf, type StepFailure } from "./steps/failure.ts";
import { executionOf, topRun } from "./subagents/above.ts";
import { cancelBelow } from "./subagents/below.ts";
import { closeAsked } from "./subagents/closing.ts";
import { delegatedBy } from "./subagents/names.ts";
import { openStepStream, tellSuperseded } from "./streams/stepStream.ts";
import { eventNow } from "./streams/vocabulary.ts";
import { failedTakeover, MAX_TAKEOVERS, TakeoversExceededError } from "./takeovers.ts";

/** Which run an execution asks for. */
export interface Ask
  extends Pick<BeginOptions, "runId" | "event" | "life" | "message" | "whenBusy" | "retry"> {
  /** `claim` never creates the run. */
  readonly verb: "begin" | "claim";
  readonly threadId: string;
  readonly input?: RunInput;
  /** The pulse of a holder that somebody has watched long enough. One that has moved since is left alone. */
  readonly seen?: number;
}

/** The run is this execution's. */
export interface TakenRun {
  readonly status: "leased";
  readonly lease: Lease;
  /** How often in a row it was taken over with nothing stored in between, this time counted; there where it was taken over. */
  readonly takeovers?: number;
  /** When it was taken, where the run's time is limited. */
  readonly since?: number;
  /** Where it stands, found in the store; without it in its checkpoint, if it has one. */
  readonly located?: unknown;
  readonly checkpointId?: string;
  readonly decisions: CarriedDecisions;
  readonly input: Carried<RunInput | undefined>;
  readonly options: Carried<RunOptions | undefined>;
  /** How many agents stand above it; none when not given. */
  readonly depth?: number;
}

/** An execution that has nothing to do, and why. */
export type NotTaken = Without<
  Extract<RunReport, { readonly status: "busy" | "queued" | "rejected" | "waiting" | "ended" }>,
  "runId" | "threadId"
>;

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

type Answer = TakenRun | NotTaken | Busy | Exhausted;

/** The run was taken over so often that it has failed here. */
interface Exhausted {
  readonly status: "exhausted";
}

/** Another execution works on the run: what was seen of it, and how long it may be silent. */
type Busy = Pick<Extract<BeginAnswer, { readonly status: "busy" }>, "status" | "seen" | "ms">;

// A holder that is alive is asked after this many times, each time after the silence that it asked for: an hour with the defaults.
const ROUNDS = 30;

/**
 * Takes the run, in one step. While another execution works on it, waits as long as that one asked for and takes over if it has not been heard of since; one
 * that is alive after many rounds is left alone.
 */
export async function take(
  host: Host,
  agent: DurableAgent,
  ask: Ask,
): Promise<TakenRun | NotTaken> {
  let { seen } = ask;
  const isWatched = seen !== undefined;
  for (let round = 0; ; round += 1) {
    const id = round === 0 ? ask.verb : `${ask.verb}:${round}`;
    const answer = await asked(host, agent, ask, { id, seen });
    if (answer.status === "exhausted") throw exhausted(host);
    if (answer.status !== "busy") return answer;
    if (isWatched || !("seen" in answer) || round === ROUNDS) return { status: "busy" };
    await host.tools.sleep(`wait:${round}`, answer.ms);
    ({ seen } = answer);
  }
}

/** Takes the run, unless another execution works on it. `id` names the step. */
export async function takeOnce(
  host: Host,
  agent: DurableAgent,
  ask: Ask,
  id: string,
): Promise<TakenRun | NotTaken> {
  const answer = await asked(host, agent, ask, { id, seen: undefined });
  if (answer.status === "exhausted") throw exhausted(host);
  return answer.status === "busy" ? { status: "busy" } : answer;
}

/** The execution fails with it, and the notice of that tells whoever wants to hear of failures. */
function exhausted({ maxTakeovers = MAX_TAKEOVERS }: Host): StepFailure {
  return failureOf(crossing(new TakeoversExceededError(maxTakeovers)));
}

async function asked(
  host: Host,
  agent: DurableAgent,
  ask: Ask,
  { id, seen }: { readonly id: string; readonly seen: number | undefined },
): Promise<Answer> {
  return crossedStep(host, { id, name: ask.verb }, async (step) => {
    return answerOrDeleted(async () => answerOf(host, agent, ask, { step, seen }));
  });
}

/** A thread that is deleted while somebody asks answers as one that was before. */
async function answerOrDeleted(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (isStorageError(error) && error.code === "DELETED")
      return { status: "ended", reason: "deleted" };
    throw error;
  }
}

/** Times that a run is asked for in one attempt by one that need not wait: whoever has it stops at its next step. */
const GRABS = 10;

/**
 * Takes a run within a step, also from another execution at once: for the execution that has the run above it, which is all that the other could work for. Throws a retryable error while the other
 * is not yet still.
 */
export async function takeAtOnce(
  host: Host,
  agent: DurableAgent,
  ask: Ask,
  step: CurrentStep,
): Promise<TakenRun | Exclude<NotTaken, { readonly status: "busy" }>> {
  let seen: number | undefined;
  for (let grabs = 0; grabs < GRABS * (step.attempt + 1); grabs += 1) {
    const answer = await answerOrDeleted(async () => answerOf(host, agent, ask, { step, seen }));
    // The call hears of the failure by the run, as of any other.
    if (answer.status === "exhausted") return { status: "ended", reason: "gone" };
    if (answer.status !== "busy") return answer;
    ({ seen } = answer as Busy);
  }
  throw new ContentionError(`Another execution works on the run ${ask.runId}.`);
}

async function answerOf(
  host: Host,
  agent: DurableAgent,
  given: Ask,
  { step, seen }: { readonly step: CurrentStep; readonly seen: number | undefined },
): Promise<Answer> {
  const { store, execution, silenceMs } = host;
  const found = await store.runs.get(given.runId);
  const { run, verb, threadId, ...ask } = await askedRun(host, agent, given, found);
  if (run) await refuseIncompatible(host, agent, run);
  const answer = await store.runs[verb](threadId, {
    ...ask,
    execution,
    operationId: step.operationId(),
    ms: silenceMs,
    // A pulse that was seen is that of the run that was asked for.
    ...(seen === undefined || ask.runId !== given.runId ? {} : { seen }),
  });
  if (answer.status !== "leased") return notTaken(answer);
  if (answer.superseded !== undefined) await endSuperseded(host, answer.superseded);
  const ended = await failedTakeover(host, answer, step);
  if (ended === "failed") return { status: "exhausted" };
  if (ended === "lost") return { status: "busy" };
  return taken(host, agent, step, answer);
}

/** A run that works for another one is woken as that one; `host` is its own where it is worked on for it. */
async function askedRun(
  { store, above, wake }: Host,
  { name }: DurableAgent,
  ask: Ask,
  run: Run | undefined,
): Promise<Ask & { readonly run: Run | undefined }> {
  if (!run || above) return { ...ask, run };
  const top = await topRun(store, run, wake);
  // What works for another run is gone on with by that one alone, so a failure of it is retried by nobody else.
  if (top.id === run.id)
    return { ...ask, ...(delegatedBy(run) ? { retry: undefined } : {}), run: top };
  const { agent } = (top.input ?? {}) as Partial<RunInput>;
  if (agent !== undefined && agent !== name)
    throw new StorageError(
      "INVALID_ARGUMENT",
      `The run ${run.id} works for one of the agent "${agent}", and this is "${name}".`,
    );
  const { event } = ask;
  return { verb: "claim", threadId: top.threadId, runId: top.id, life: top.life, event, run: top };
}

/** What worked for a run that has lost its thread to another one is cancelled, nobody is asked for it any more, and the execution that worked on it ends. */
async function endSuperseded(host: Host, runId: string): Promise<void> {
  const { store, wake, execution, endExecution, sayAborted } = host;
  const run = await store.runs.get(runId);
  if (!run) return;
  await cancelBelow(store, run, wake);
  await closeAsked(store, run, wake);
  const loser = executionOf(run);
  if (loser !== undefined && loser !== execution) await endExecution?.(loser);
  await sayAborted?.(run);
}

/** What was answered instead of the run, small enough for a step. */
function notTaken(answer: Exclude<BeginAnswer, { readonly status: "leased" }>): NotTaken | Busy {
  if (answer.status === "waiting")
    return { status: "waiting", approvals: approvalSummaries(answer.pending) };
  if (answer.status === "busy") return { status: "busy", seen: answer.seen, ms: answer.ms };
  if (answer.status !== "ended") return { status: answer.status };
  return "run" in answer ? { ...answer, run: summaryOf(answer.run) } : answer;
}

async function taken(
  host: Host,
  agent: DurableAgent,
  step: CurrentStep,
  {
    lease,
    run,
    decisions,
    superseded,
    takeovers,
  }: Extract<BeginAnswer, { readonly status: "leased" }>,
): Promise<TakenRun> {
  const { store, publisher } = host;
  if (superseded !== undefined) {
    await tellSuperseded(publisher, store, superseded);
  }
  const stream = openStepStream(publisher, { store, ...lease }, step);
  const located = await agent.locate?.({ store, lease, stream });
  const isNew = located === undefined && run.checkpointId === undefined;
  const { runId, threadId } = lease;
  const about = { runId, threadId, scope: "agent", name: agent.name } as const;
  stream.stored(isNew ? "started" : `resumed/${lease.fence}`, [
    eventNow(isNew ? "run.started" : "run.resumed", about),
  ]);
  await stream.finish();
  return {
    status: "leased",
    lease,
    ...(takeovers === undefined ? {} : { takeovers }),
    ...sinceNow(run.input as RunInput | undefined),
    ...(located === undefined ? {} : { located }),
    ...(run.checkpointId === undefined ? {} : { checkpointId: run.checkpointId }),
    decisions: carryDecisions(decisions),
    input: carry(run.input as RunInput | undefined),
    options: carry((run.input as RunInput | undefined)?.options),
    ...depthOf(run.input as RunInput | undefined),
  };
}

/** The time counts from here on, where it is limited. */
function sinceNow(input: RunInput | undefined): Pick<TakenRun, "since"> {
  return input?.options?.budget?.maxDurationMs === undefined ? {} : { since: Date.now() };
}

function depthOf(input: RunInput | undefined): Pick<TakenRun, "depth"> {
  return input?.depth === undefined ? {} : { depth: input.depth };
}
