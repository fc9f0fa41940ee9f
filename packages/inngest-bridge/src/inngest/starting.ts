import { randomUUID } from "node:crypto";
import {
  digestOf,
  encodeText,
  type RunStatus,
  StorageError,
  type Store,
} from "@perdure/checkpoint-core";
import { refuseOptions } from "../askedOf.ts";
import { incoming } from "../incoming.ts";
import { refuseNothing } from "../nothingAsked.ts";
import { type RunOptions, runOptionsIn } from "../runOptions.ts";
import { tellSuperseded } from "../streams/stepStream.ts";
import { definedOnly, refuseStart } from "./asked.ts";
import { endBelow } from "./below.ts";
import type { Bridge } from "./bridge.ts";
import type { RunRequested } from "./events.ts";
import { runProblem } from "./problems.ts";
import { inputOf } from "./request.ts";
import { refuseOthers } from "./owning.ts";
import type { Prepared } from "./runCalls.ts";
import { scoped } from "./scope.ts";
import { checkData, EVENT_BYTES, eventFields, sent } from "./sending.ts";
import { cancelExecution } from "./executions.ts";
import { executionOf } from "../subagents/above.ts";
import type { StartOptions, StartResult } from "../target.ts";
import { threadName } from "./threadName.ts";

/** What the ids of events begin with that start a run which is recorded. */
export const START_EVENT = "perdure:start:";

/** A start, looked at. */
interface Checked {
  readonly threadId: string;
  readonly runId: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly fields: Pick<RunRequested, "prompt" | "messages" | "metadata">;
  readonly options: RunOptions | undefined;
  readonly store: Store;
  readonly eventId: string;
}

/** Throws `INVALID_ARGUMENT` for what no run can be asked for with, and `TOO_LARGE` for more data than an event holds. */
function checked(bridge: Bridge, given: StartOptions): Checked {
  refuseStart(given);
  const { threadId, prompt, messages, metadata, runId = randomUUID(), data = {} } = given;
  const fields = definedOnly({ prompt, messages, metadata });
  checkData(data);
  const problem = runProblem({ ...data, ...fields, threadId, runId });
  if (problem !== undefined) throw new StorageError("INVALID_ARGUMENT", problem);
  const options = runOptionsIn({ ...given });
  if (options) refuseOptions(bridge.agent, options);
  const store = scoped(bridge, given);
  const named = digestOf([bridge.agent.name, threadName(store, threadId), runId]).slice(0, 32);
  return { threadId, runId, data, fields, options, store, eventId: `${START_EVENT}${named}` };
}

/** The run is recorded before its event is sent, so that one whose execution dies at once can be found. The event's id is made from the run and the thread's life: sent twice, it starts once in each. */
export async function start(
  bridge: Bridge,
  given: StartOptions,
  agentDepth = 0,
): Promise<StartResult> {
  const { threadId, runId, data, fields, options, store, eventId } = checked(bridge, given);
  await refuseNothing(bridge.agent, store, { threadId, runId, ...fields, options });
  const message = incoming(fields, eventId);
  const started = await store.runs.start(threadId, {
    runId,
    input: inputOf(bridge, { ...data, ...fields, ...deep(agentDepth) }, options),
    whenBusy: bridge.whenBusy,
    ...(message === undefined ? {} : { message }),
  });
  if (started.status === "rejected") return { runId, threadId, status: "rejected" };
  refuseOthers(bridge, started.run, "give the new run an id of its own");
  const { superseded } = started;
  if (superseded !== undefined) await endSuperseded(bridge, store, superseded, data);
  const { life, status } = started.run;
  const { requestContext } = given;
  if (requestContext !== undefined)
    bridge.requestContexts.set(store, { threadId, runId, life }, requestContext);
  if (isEnded(status)) return { runId, threadId, status };
  // Events of yours are read by `input`, and this one is ours: it wakes the run that is recorded.
  const event = bridge.input
    ? { name: bridge.resumeEvent, data: { ...data, threadId, runId, life } }
    : { name: bridge.runEvent, data: { ...data, ...eventFields(fields), threadId, runId, life } };
  await sent(
    bridge,
    { id: `${eventId}:${life}`, ...event },
    { runId, what: `Run ${runId} is recorded` },
  );
  return { runId, threadId, status: status === "queued" ? started.status : status };
}

function deep(agentDepth: number): Pick<RunRequested, "agentDepth"> {
  return agentDepth === 0 ? {} : { agentDepth };
}

/** The run that has lost its thread to the new one says so, what worked for it is cancelled, and the execution that worked on it ends. */
async function endSuperseded(
  bridge: Bridge,
  store: Store,
  runId: string,
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  await tellSuperseded(bridge.publisher, store, runId);
  const run = await store.runs.get(runId);
  if (!run) return;
  await endBelow(bridge, store, run, data);
  const execution = executionOf(run);
  if (execution !== undefined) await cancelExecution(bridge.inngest, execution);
}

/** The event that starts a run, unsent: nothing is stored before it arrives. */
export function prepare(bridge: Bridge, given: StartOptions): Prepared {
  const { threadId, runId, data, fields, options, eventId } = checked(bridge, given);
  if (bridge.input)
    throw new StorageError(
      "INVALID_ARGUMENT",
      "With `input`, events are yours: there is none to prepare.",
    );
  if (given.requestContext !== undefined)
    throw new StorageError("INVALID_ARGUMENT", "requestContext is never stored, and an event is.");
  const { budget, toolBudget, ...others } = options ?? {};
  const isAsking = Object.keys(others).length > 0;
  if (isAsking && !bridge.trustEvents)
    throw new StorageError(
      "FORBIDDEN",
      "Options of a run count in an event only with `trustEvents: true`: leave them, or use `start`.",
    );
  const asked = definedOnly({ budget, toolBudget, runOptions: isAsking ? others : undefined });
  const workflowInput: RunRequested = { ...data, ...fields, ...asked, threadId, runId };
  if (Buffer.byteLength(encodeText(workflowInput)) > EVENT_BYTES)
    throw new StorageError("TOO_LARGE", `The event is over ${EVENT_BYTES} bytes: use \`start\`.`);
  const event = { id: eventId, name: bridge.runEvent, data: workflowInput };
  return { runId, threadId, messageId: eventId, event, workflowInput };
}

type Ended = Exclude<RunStatus, "queued" | "running" | "suspended">;

/** Nothing is sent for a run that has ended: a late double of its event would revive a failed one. */
function isEnded(status: RunStatus): status is Ended {
  return status !== "queued" && status !== "running" && status !== "suspended";
}
