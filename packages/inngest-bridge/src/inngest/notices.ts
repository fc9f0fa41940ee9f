import {
  isStorageError,
  type RunOutcome,
  type SettleResult,
  type Store,
} from "@perdure/checkpoint-core";
import { crossedStep } from "../crossed.ts";
import type { Host } from "../host.ts";
import { callAfterRun } from "../calling.ts";
import { isFinal } from "../report.ts";
import { describe } from "../steps/failure.ts";
import { tellRest } from "../streams/stepStream.ts";
import { cancelBelow } from "../subagents/below.ts";
import { delegatedBy } from "../subagents/names.ts";
import { callAborted } from "./aborting.ts";
import { type Bridge, type FunctionContext, hostOf } from "./bridge.ts";
import type { IncomingEvent } from "./contract.ts";
import { eventIdOf } from "./eventId.ts";
import { meantRun, readResumeRequest, requestIn, runIdOf } from "./request.ts";

/** The server's event about an execution that has ended. */
export interface EndedData {
  readonly function_id: string;
  readonly run_id: string;
  readonly event: IncomingEvent;
  readonly error?: unknown;
}

type Notice = Extract<RunOutcome, { readonly status: "failed" | "cancelled" }>;

/** An execution failed: if it still had its run, the run has failed and the thread goes to the next. */
export async function failed(bridge: Bridge, context: FunctionContext): Promise<unknown> {
  const { error } = endedData(context);
  const outcome = { status: "failed", error: failureIn(error) } as const;
  return notice(bridge, context, outcome);
}

/** An execution was cancelled: if it still had its run, the run is cancelled and the thread goes to the next. */
export async function cancelled(bridge: Bridge, context: FunctionContext): Promise<unknown> {
  const reason = "The Inngest run was cancelled.";
  return notice(bridge, context, { status: "cancelled", reason });
}

async function notice(
  bridge: Bridge,
  context: FunctionContext,
  outcome: Notice,
): Promise<{ readonly counted: boolean }> {
  const { run_id: execution, event } = endedData(context);
  const host = hostFor(bridge, context, event);
  if (!host) return { counted: false };
  const noticed = await crossedStep(host, { id: "notice" }, async () => {
    try {
      const asked = await placeOf(bridge, host.store, event, execution);
      if (!asked) return { counted: false };
      const place = await topPlace(host.store, asked);
      return { ...(await record(host, place, execution, outcome)), runId: place.runId };
    } catch (error) {
      // With its thread the run is gone, whatever became of its execution.
      if (isStorageError(error) && error.code === "DELETED") return { counted: false };
      throw error;
    }
  });
  const { counted } = noticed;
  if (counted && "runId" in noticed)
    await (outcome.status === "cancelled"
      ? callAborted(host, noticed.runId)
      : callAfterRun(host, noticed.runId, outcome.status));
  return { counted };
}

/** None where the event's scope was refused, for which the execution ended. */
export function hostFor(
  bridge: Bridge,
  context: FunctionContext,
  event: IncomingEvent,
): Host | undefined {
  try {
    return hostOf(bridge, context, event);
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

async function record(
  host: Host,
  place: Place,
  execution: string,
  outcome: Notice,
): Promise<{ readonly counted: boolean }> {
  const { store, wake, publisher } = host;
  const { threadId, runId } = place;
  const settled = await store.runs.notice(threadId, { runId, execution, outcome });
  const ended = settled ?? (await endedBefore(store, runId));
  if (ended?.next) await wake({ threadId, life: ended.run.life, ...ended.next });
  if (!ended) await wakeContinued(host, place, execution);
  if (settled) await tellRest(publisher, store, settled.run);
  if (ended) await cancelBelow(store, ended.run, wake);
  return { counted: settled !== undefined };
}

/** A run that goes on in a new execution, where this one has failed before it could wake that. */
async function wakeContinued({ store, wake }: Host, { runId }: Place, name: string): Promise<void> {
  const run = await store.runs.get(runId);
  if (run?.status === "suspended" && run.approvals.length === 0)
    await wake({ threadId: run.threadId, life: run.life, runId, fence: name });
}

/** A run that had ended before its execution did, as it is: an execution that dies between the end of its run and the wake-up of the next leaves that one to the notice. */
async function endedBefore(store: Store, runId: string): Promise<SettleResult | undefined> {
  const run = await store.runs.get(runId);
  return run && isFinal(run) ? store.runs.cancel(runId) : undefined;
}

export interface Place {
  readonly threadId: string;
  readonly runId: string;
}

/** The run that the ended execution was for; none where its event named none, for which it ended. */
export async function placeOf(
  bridge: Bridge,
  store: Store,
  event: IncomingEvent,
  execution: string,
): Promise<Place | undefined> {
  try {
    if (event.name !== bridge.resumeEvent) {
      const request = await requestIn(bridge, event);
      const eventId = eventIdOf(bridge, event, execution);
      return { threadId: request.threadId, runId: runIdOf(request, eventId) };
    }
    const request = readResumeRequest(event);
    const meant = await meantRun(store, request);
    return meant && { threadId: request.threadId, runId: meant.runId };
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/** The place of the run that an execution works on which was woken for this one. */
async function topPlace(store: Store, asked: Place): Promise<Place> {
  let place = asked;
  for (;;) {
    const run = await store.runs.get(place.runId);
    const by = run && delegatedBy(run);
    if (!by) return place;
    place = { threadId: by.threadId, runId: by.runId };
  }
}

const REFUSALS = new Set<unknown>(["INVALID_ARGUMENT", "INCOMPATIBLE", "FORBIDDEN"]);

function isRefusal(error: unknown): boolean {
  return error instanceof Error && "code" in error && REFUSALS.has(error.code);
}

/** The error of an execution. One that the server made is JSON text in the message. */
function failureIn(error: unknown): { readonly name: string; readonly message: string } {
  const plain = shapeOf(error);
  try {
    const inner = (JSON.parse(plain.message) as { readonly error?: unknown }).error;
    return inner === undefined ? plain : shapeOf(inner);
  } catch {
    return plain;
  }
}

function shapeOf(error: unknown): { readonly name: string; readonly message: string } {
  if (typeof error !== "object" || error === null) return describe(error);
  const { name, message } = error as { readonly name?: unknown; readonly message?: unknown };
  const said = new Error(typeof message === "string" ? message : JSON.stringify(error));
  return describe(typeof name === "string" ? Object.assign(said, { name }) : said);
}

/** What the server says about an execution that has ended. */
export function endedData({ event }: FunctionContext): EndedData {
  return event.data as unknown as EndedData;
}
