import { IncompatibleError, StorageError, type Store } from "@perdure/checkpoint-core";
import { refuseOptions } from "../askedOf.ts";
import { budgetsIn } from "../budget/replace.ts";
import { incoming, plainMessage } from "../incoming.ts";
import { RUN_OPTIONS, type RunOptions, runOptionsIn } from "../runOptions.ts";
import type { Ask } from "../take.ts";
import type { RunInput } from "../runInput.ts";
import type { Bridge } from "./bridge.ts";
import type { IncomingEvent } from "./contract.ts";
import { eventIdOf } from "./eventId.ts";
import type { ResumeRequested, RunRequested } from "./events.ts";
import { otherFields } from "./fields.ts";
import { resumeProblem, runProblem } from "./problems.ts";

/** The data of a run event. Throws `INVALID_ARGUMENT` for what is not one. */
function readRunRequest(event: IncomingEvent): RunRequested {
  refuse(event, runProblem(event.data));
  return event.data as RunRequested;
}

/** The data of a resume event. Throws `INVALID_ARGUMENT` for what is not one. */
export function readResumeRequest(event: IncomingEvent): ResumeRequested {
  refuse(event, resumeProblem(event.data));
  return event.data as ResumeRequested;
}

/** The run of a run event: the caller's, or named by the event, so that a rerun means the same one. */
export function runIdOf({ runId }: RunRequested, eventId: string): string {
  return runId ?? `run-${eventId}`;
}

/**
 * What an event asks for, by `input` where there is one: it is called anew, so within a step. Throws `INVALID_ARGUMENT`, also for options that the agent does not have or hold, and `FORBIDDEN` for options
 * in an event that nobody vouches for.
 */
export async function requestIn(
  bridge: Pick<Bridge, "input" | "trustEvents" | "agent">,
  event: IncomingEvent,
): Promise<RunRequested> {
  const { budget, toolBudget, ...request } = await requestOf(bridge, event);
  const budgets = budgetsIn({
    ...(budget === undefined ? {} : { budget }),
    ...(toolBudget === undefined ? {} : { toolBudget }),
  });
  const { runOptions } = request;
  if (!budgets && runOptions === undefined) return request;
  const options = { ...runOptions, ...budgets };
  refuseOptions(bridge.agent, options);
  return { ...request, runOptions: options };
}

async function requestOf(
  { input, trustEvents }: Pick<Bridge, "input" | "trustEvents">,
  event: IncomingEvent,
): Promise<RunRequested> {
  if (!input) {
    const request = readRunRequest(event);
    if (request.runOptions === undefined || trustEvents) return request;
    throw new StorageError(
      "FORBIDDEN",
      "The event carries options of a run, and nothing says whether its sender may set them: give createInngestAgent `trustEvents: true` where nobody else can send events.",
    );
  }
  const asked = { ...(await input(event)) };
  const runOptions = runOptionsIn(asked);
  const { threadId, prompt, messages, metadata, runId } = asked;
  const all = { threadId, prompt, messages, metadata, runId, runOptions };
  const unknown = Object.keys(asked).find(
    (key) => !Object.hasOwn(all, key) && !RUN_OPTIONS.has(key),
  );
  const known = Object.entries(all).filter(([, value]) => value !== undefined);
  const request: Readonly<Record<string, unknown>> = Object.fromEntries(known);
  const problem = unknown === undefined ? runProblem(request) : `there is no field "${unknown}".`;
  if (problem !== undefined)
    throw new StorageError("INVALID_ARGUMENT", `What input made of ${event.name}: ${problem}`);
  return request as RunRequested;
}

/** What a run event asks for. */
export function beginning(
  bridge: Bridge,
  event: IncomingEvent,
  request: RunRequested,
  execution: string,
): Ask {
  const { threadId, life, prompt, messages, runOptions } = request;
  const eventId = eventIdOf(bridge, event, execution);
  const message = incoming({ prompt, messages }, eventId);
  return {
    verb: "begin",
    threadId,
    runId: runIdOf(request, eventId),
    event: eventId,
    whenBusy: bridge.whenBusy,
    input: inputOf(bridge, { ...fieldsFor(bridge, event), ...request }, runOptions),
    ...(life === undefined ? {} : { life }),
    ...(message === undefined ? {} : { message }),
  };
}

/** What later events on the run carry of an event that `input` has read: all of it, because `scope` may read it. */
function fieldsFor({ input }: Bridge, { data }: IncomingEvent): Readonly<Record<string, unknown>> {
  return input ? otherFields(data) : {};
}

/** What is stored as a run's input. */
export function inputOf(
  { agent, resumeEvent }: Bridge,
  data: Pick<RunRequested, "prompt" | "messages" | "metadata" | "agentDepth"> &
    Readonly<Record<string, unknown>>,
  options: RunOptions | undefined,
): RunInput {
  const { prompt, messages, metadata, agentDepth: depth } = data;
  const fields = otherFields(data);
  return {
    ...(depth === undefined ? {} : { depth }),
    agent: agent.name,
    wakeBy: resumeEvent,
    ...(prompt === undefined ? {} : { prompt }),
    ...(messages === undefined ? {} : { messages: messages.map(plainMessage) }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(Object.keys(fields).length === 0 ? {} : { fields }),
    ...(options === undefined ? {} : { options }),
  };
}

/** The run that a resume event means. */
export interface Meant {
  readonly runId: string;
  readonly life?: number;
}

/** The named run; the one in the named checkpoint, also when it is final; otherwise the one that has the thread. */
export async function meantRun(
  store: Store,
  { threadId, runId, life, checkpointId }: ResumeRequested,
): Promise<Meant | undefined> {
  const ofEvent = life === undefined ? {} : { life };
  if (runId !== undefined) return { runId, ...ofEvent };
  if (checkpointId === undefined) {
    const holder = await store.runs.holding(threadId);
    return holder && { runId: holder.id, ...ofEvent };
  }
  const record = await store.checkpoints.record(threadId, checkpointId);
  if (!record) return undefined;
  const { runId: named, life: born } = record.metadata ?? {};
  if (typeof named !== "string")
    throw new IncompatibleError(`The checkpoint ${checkpointId} was not written by a run.`);
  return { runId: named, ...(typeof born === "number" ? { life: born } : ofEvent) };
}

function refuse({ name }: IncomingEvent, problem: string | undefined): void {
  if (problem !== undefined)
    throw new StorageError("INVALID_ARGUMENT", `The event ${name} is not valid: ${problem}`);
}
