import {
  type Approval,
  type Decision,
  isStorageError,
  type Run,
  StorageError,
  type Store,
} from "@perdure/checkpoint-core";
import { isFinal } from "../report.ts";
import { CALLBACKS, type RunCallbacks } from "../streams/callbacks.ts";
import { approvalsOf, type RunEnding } from "../streams/ending.ts";
import { streamOf } from "../streams/publisher.ts";
import { type Listening, listen, type RunStream } from "../streams/subscription.ts";
import { storedRun } from "../streams/watch.ts";
import type { ObserveOptions, Target } from "../target.ts";
import { answersTo, refuseForRun, suspendedOn } from "./answering.ts";
import { callbacksIn, definedOnly, OBSERVE_OPTIONS, refuseUnknown, startOptions } from "./asked.ts";
import type { Bridge } from "./bridge.ts";
import { type Calls, withBudgets } from "./calls.ts";
import { decisionOf } from "./decisions.ts";
import { decisionsProblem, isDecisions } from "./problems.ts";
import { refuseOthers } from "./owning.ts";
import type {
  Asked,
  Prepared,
  ResumeOptions,
  RunCallOptions,
  RunCalls,
  StreamOptions,
} from "./runCalls.ts";
import { scoped } from "./scope.ts";
import { prepare, start } from "./starting.ts";

/** The calls that start runs and listen to them. */
export interface Streams extends RunCalls {
  /** Decides, and listens from there on. */
  readonly resumed: (
    runId: string,
    decisions: unknown,
    options?: ResumeOptions,
  ) => Promise<RunStream>;
}

/** The streams of an agent: read from its store, wherever its runs are worked on. */
export function streamsOf(bridge: Bridge, calls: Calls): Streams {
  const listenTo = listener(bridge, calls);
  const resumed: Streams["resumed"] = async (runId, decisions, options = {}) =>
    resume(bridge, calls, listenTo, { runId, decisions, options });
  const streamed = async (
    call: "stream" | "generate",
    messages: Asked,
    options: StreamOptions = {},
  ): Promise<RunStream> => {
    const given = startOptions(call, messages, options);
    const waiting = await suspendedOn(bridge, options, given.threadId);
    const answers =
      waiting && answersTo(await approvalsOf(scoped(bridge, options), waiting), given);
    if (answers && Object.keys(answers).length > 0) {
      refuseForRun(waiting.id, options);
      const { scope, data, requestContext, budget, toolBudget, ...rest } = options;
      const along = definedOnly({ scope, data, requestContext, budget, toolBudget });
      return resumed(waiting.id, answers, { ...callbacksIn(rest), ...along });
    }
    const { runId, threadId, status } = await start(bridge, given);
    if (status === "rejected")
      throw new StorageError(
        "CONFLICT",
        `Another run has the thread ${threadId}: nothing was recorded.`,
      );
    return listenTo({ runId, threadId }, options);
  };
  return {
    stream: async (messages, options) => streamed("stream", messages, options),
    resumed,
    async generate(messages, options): Promise<RunEnding> {
      return (await streamed("generate", messages, options)).output.ending;
    },
    async prepare(messages: Asked, options: RunCallOptions = {}): Promise<Prepared> {
      return prepare(bridge, startOptions("prepare", messages, options));
    },
    async observe(runId, options: ObserveOptions = {}) {
      refuseUnknown("observe", options, OBSERVE_OPTIONS);
      const { offset = 0 } = options;
      if (!Number.isSafeInteger(offset) || offset < 0)
        throw new StorageError("INVALID_ARGUMENT", "offset must be a whole number from 0 on.");
      const { threadId } = await storedRun(scoped(bridge, options), runId);
      return listenTo({ runId, threadId, offset }, options);
    },
  };
}

const RESUME_OPTIONS: ReadonlySet<string> = new Set([
  "toolCallId",
  "threadId",
  "by",
  "retry",
  "budget",
  "toolBudget",
  "requestContext",
  "scope",
  "data",
  ...CALLBACKS,
]);

type Listen = (
  to: Pick<Listening, "runId" | "threadId" | "offset" | "past">,
  options: RunCallbacks & Pick<Target, "scope">,
) => RunStream;

function listener(bridge: Bridge, { cancel }: Calls): Listen {
  return (to, options) => {
    const { scope } = options;
    const where = scope === undefined ? {} : { scope };
    return listen({
      ...to,
      store: scoped(bridge, options),
      callbacks: callbacksIn(options),
      async abort(reason) {
        const why = reason === undefined ? {} : { reason };
        await cancel({ runId: to.runId, ...why, ...where });
      },
    });
  };
}

/** What a run is resumed with. */
interface Resumption {
  readonly runId: string;
  readonly decisions: unknown;
  readonly options: ResumeOptions;
}

async function resume(
  bridge: Bridge,
  calls: Calls,
  listenTo: Listen,
  { runId, decisions, options }: Resumption,
): Promise<RunStream> {
  refuseUnknown("resume", options, RESUME_OPTIONS);
  callbacksIn(options);
  const store = scoped(bridge, options);
  const run = await storedRun(store, runId);
  const { threadId, life } = run;
  if (![undefined, threadId].includes(options.threadId))
    throw new StorageError("INVALID_ARGUMENT", `The run ${runId} is not of this thread.`);
  const offset = await endOf(store, runId);
  const { requestContext } = options;
  if (requestContext !== undefined) {
    refuseOthers(bridge, run, "requestContext is handed to that agent");
    bridge.requestContexts.set(store, { threadId, runId, life }, requestContext);
  }
  const goesOn = await sendOn({ bridge, calls }, store, run, { runId, decisions, options });
  return listenTo({ runId, threadId, offset, past: goesOn ? run.revision : undefined }, options);
}

/** Decides and wakes; whether the run is about to leave the state that it was found in. */
async function sendOn(
  { bridge, calls }: { readonly bridge: Bridge; readonly calls: Calls },
  store: Store,
  run: Run,
  { runId, decisions, options }: Resumption,
): Promise<boolean> {
  const { by, retry, scope, data, toolCallId, budget, toolBudget } = options;
  const where = definedOnly({ scope, data });
  const budgets = definedOnly({ budget, toolBudget });
  if (isFinal(run)) return false;
  const approvals = await approvalsOf(store, run);
  const given = decisionsFor(decisions, approvals, toolCallId);
  if (run.status === "suspended") refuseNotAsked(runId, given, approvals);
  const isRetried = run.status === "failed" && retry !== undefined;
  // A retry brings them itself, and they count where it does.
  if (!isRetried) await withBudgets(bridge, store, { runId, ...budgets });
  const at = { threadId: run.threadId, runId, ...where, ...definedOnly({ by }) };
  for (const { callId, decision } of given) await decideOn(calls, { ...at, callId }, decision);
  if (isRetried) await calls.wake({ runId, retry, ...where, ...budgets });
  if (run.status === "failed") return retry === run.revision;
  if (given.length === 0) await calls.wake({ runId, ...where });
  return hasMoved(calls, run, where);
}

/** Whether the run has gone on from where it was found, or is about to. */
async function hasMoved(
  calls: Calls,
  run: Run,
  where: Pick<ResumeOptions, "scope" | "data">,
): Promise<boolean> {
  const view = await calls.status({ runId: run.id, ...where });
  return view?.isReady === true || view?.run.revision !== run.revision;
}

async function decideOn(
  calls: Calls,
  at: Parameters<Calls["approve"]>[0],
  decision: Decision,
): Promise<void> {
  switch (decision.kind) {
    case "approve":
      await calls.approve(decision.input === undefined ? at : { ...at, input: decision.input });
      break;
    case "deny":
      await calls.deny(decision.reason === undefined ? at : { ...at, reason: decision.reason });
      break;
    case "answer":
    default:
      await calls.answer({ ...at, value: decision.value });
  }
}

interface Given {
  readonly callId: string;
  readonly decision: Decision;
}

/** The decisions that were given, each for its call. Throws `INVALID_ARGUMENT` for data of which nobody can say which call it is for. */
function decisionsFor(
  given: unknown,
  approvals: readonly Approval[],
  toolCallId: string | undefined,
): readonly Given[] {
  if (given === undefined) return [];
  const problem = decisionsProblem(given);
  if (problem !== undefined) throw new StorageError("INVALID_ARGUMENT", problem);
  if (isDecisions(given))
    return Object.entries(given).flatMap(([callId, brought]) => {
      const decision = decisionOf(brought);
      return decision ? [{ callId, decision }] : [];
    });
  const pending = approvals.filter(({ status }) => status === "pending");
  const [only, ...more] = pending.length > 0 ? pending : approvals;
  const callId = toolCallId ?? (more.length === 0 ? only?.callId : undefined);
  if (callId === undefined) {
    const waiting = pending.map((one) => one.callId).join(", ");
    throw new StorageError(
      "INVALID_ARGUMENT",
      waiting === ""
        ? "The run waits for nothing that this could answer."
        : `Several calls wait (${waiting}): say which with toolCallId.`,
    );
  }
  return [{ callId, decision: decisionIn(given) }];
}

/** One of several decisions that nobody asks for is refused with all of them, ahead of the first. */
function refuseNotAsked(
  runId: string,
  given: readonly Given[],
  approvals: readonly Approval[],
): void {
  const other = given.find(({ callId }) => !approvals.some((one) => one.callId === callId));
  if (other)
    throw new StorageError(
      "NOT_FOUND",
      `The run ${runId} asks nobody about the call ${other.callId}: nothing was recorded.`,
    );
}

function decisionIn(data: unknown): Decision {
  const { approved, reason, ...more } = (data ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof approved !== "boolean") return { kind: "answer", value: data };
  const [other] = Object.keys(more);
  if (other !== undefined)
    throw new StorageError(
      "INVALID_ARGUMENT",
      `"${other}" beside approved would be passed over: what a person changed goes into approve's input, and an answer that has a field "approved" of its own into { [callId]: { decision: "answer", value } }.`,
    );
  if (approved) return { kind: "approve" };
  return typeof reason === "string" ? { kind: "deny", reason } : { kind: "deny" };
}

/** The place after the last event of a run's stream. */
async function endOf(store: Store, runId: string): Promise<number> {
  try {
    return (await store.streams.get(streamOf(runId)))?.next ?? 0;
  } catch (error) {
    if (isStorageError(error) && error.code === "DELETED") return 0;
    throw error;
  }
}
