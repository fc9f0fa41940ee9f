import { type Approval, type Run, type Store, StorageError } from "@perdure/checkpoint-core";
import type { FinishedStep, RunChunk } from "./vocabulary.ts";
import { isAtRest } from "./rest.ts";
import { approvalsOf, storedRun, watchRun } from "./watch.ts";

/** How a run, or this part of it, came out: as it is stored. */
export type RunEnding = { readonly runId: string; readonly threadId: string } & (
  | { readonly status: "completed"; readonly output: unknown; readonly text: string }
  /** It waits for these to be decided, and `resume` goes on with it. */
  | { readonly status: "suspended"; readonly pending: readonly Approval[] }
  | {
      readonly status: "failed";
      readonly error: { readonly name: string; readonly message: string };
    }
  | { readonly status: "cancelled"; readonly reason?: string }
  | { readonly status: "superseded"; readonly by: string }
);

/** Called in order, each after the one before has returned. What one throws ends the subscription, and `output` rejects with it. */
export interface RunCallbacks {
  /** Each event. */
  readonly onChunk?: (chunk: RunChunk) => unknown;
  /** A model's answer, or a call's result, has been stored. */
  readonly onStepFinish?: (step: FinishedStep) => unknown;
  readonly onFinish?: (ending: Ended<"completed">) => unknown;
  readonly onError?: (error: Ended<"failed">["error"], ending: Ended<"failed">) => unknown;
  readonly onSuspended?: (ending: Ended<"suspended">) => unknown;
  /** The run was cancelled, or another took its thread. */
  readonly onAbort?: (ending: Ended<"cancelled" | "superseded">) => unknown;
}

/** An ending of one kind. */
export type Ended<Status extends RunEnding["status"]> = Extract<
  RunEnding,
  { readonly status: Status }
>;

/** What came of a run, once it is known. */
export interface RunOutput {
  /** The last answer. Rejects with `RunNotCompletedError` when the run did not end with one, and with `CLOSED` after a `cleanup` that came before. */
  readonly text: Promise<string>;
  readonly ending: Promise<RunEnding>;
  readonly fullStream: ReadableStream<RunChunk>;
}

/** A run that is listened to. */
export interface RunStream {
  readonly runId: string;
  readonly threadId: string;
  readonly output: RunOutput;
  /** Each event until the run comes to rest. It is read from the store as it is taken, so a slow reader holds nothing up. */
  readonly fullStream: ReadableStream<RunChunk>;
  /** Ends this subscription and nothing else: the run goes on, and others listen. */
  cleanup(): void;
  /** Cancels the run, wherever it works. */
  abort(reason?: string): Promise<void>;
}

/** The run has no answer: it failed, was cancelled, or waits for a person. */
export class RunNotCompletedError extends Error {
  override readonly name = "RunNotCompletedError";
  readonly ending: RunEnding;

  constructor(ending: RunEnding) {
    const why = ending.status === "failed" ? `: ${ending.error.message}` : "";
    super(`The run ${ending.runId} is ${ending.status}${why}`);
    this.ending = ending;
  }
}

/** What is listened to. */
export interface Listening {
  readonly store: Store;
  readonly runId: string;
  readonly threadId: string;
  readonly offset?: number;
  /** The revision of a rest that is over. */
  readonly past?: number | undefined;
  readonly callbacks?: RunCallbacks;
  readonly abort: (reason: string | undefined) => Promise<void>;
}

/** Listens to a run. Nothing is read before something is asked for: a callback, the output, the stream. */
export function listen(listening: Listening): RunStream {
  const { runId, threadId, callbacks = {}, abort } = listening;
  const stopped = new AbortController();
  let full: ReadableStream<RunChunk> | undefined;
  let ending: Promise<RunEnding> | undefined;
  const fullStream = (): ReadableStream<RunChunk> => (full ??= readable(listening, stopped));
  const ended = (): Promise<RunEnding> => {
    ending ??= hear(listening, stopped.signal);
    // One that is listened to for its callbacks alone is awaited by nobody.
    ending.catch(() => undefined);
    return ending;
  };
  if (Object.values(callbacks).some((one) => one !== undefined)) void ended();
  return {
    runId,
    threadId,
    output: {
      get text() {
        const text = textOf(ended());
        text.catch(() => undefined);
        return text;
      },
      get ending() {
        return ended();
      },
      get fullStream() {
        return fullStream();
      },
    },
    get fullStream() {
      return fullStream();
    },
    cleanup: () => stopped.abort(),
    abort: async (reason) => abort(reason),
  };
}

function readable(listening: Listening, stopped: AbortController): ReadableStream<RunChunk> {
  const own = new AbortController();
  const chunks = watchRun(watchOf(listening, AbortSignal.any([own.signal, stopped.signal])));
  return new ReadableStream<RunChunk>(
    {
      async pull(controller) {
        const { value, done } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => own.abort(),
    },
    { highWaterMark: 0 },
  );
}

function watchOf(
  { store, runId, offset = 0, past }: Listening,
  signal: AbortSignal,
): Parameters<typeof watchRun>[0] {
  return { store, runId, offset, past, signal };
}

async function textOf(ended: Promise<RunEnding>): Promise<string> {
  const ending = await ended;
  if (ending.status === "completed") return ending.text;
  throw new RunNotCompletedError(ending);
}

/** Hears a run out, and calls what is to be called. */
async function hear(listening: Listening, signal: AbortSignal): Promise<RunEnding> {
  const { store, runId, callbacks = {} } = listening;
  for await (const chunk of watchRun(watchOf(listening, signal))) {
    await callbacks.onChunk?.(chunk);
    if (chunk.event === "step.completed") await callbacks.onStepFinish?.(chunk.data);
  }
  if (signal.aborted)
    throw new StorageError("CLOSED", `Nobody listens to the run ${runId} any more.`);
  const ending = await endingOf(store, await storedRun(store, runId));
  await callEnding(callbacks, ending);
  return ending;
}

/** Tells how a run came out. */
export async function callEnding(
  { onFinish, onError, onSuspended, onAbort }: RunCallbacks,
  ending: RunEnding,
): Promise<void> {
  switch (ending.status) {
    case "completed":
      await onFinish?.(ending);
      break;
    case "failed":
      await onError?.(ending.error, ending);
      break;
    case "suspended":
      await onSuspended?.(ending);
      break;
    case "cancelled":
    case "superseded":
    default:
      await onAbort?.(ending);
  }
}

/** How the run that is at rest came out. Throws `CONFLICT` for one that works. */
export async function endingOf(store: Store, run: Run): Promise<RunEnding> {
  const { id: runId, threadId, status } = run;
  const outcome = isAtRest(run) && status !== "suspended" ? run.outcome : undefined;
  const at = { runId, threadId };
  if (outcome?.status === "completed") return { ...at, ...outcome, text: answerIn(outcome.output) };
  if (outcome) return { ...at, ...outcome };
  if (status !== "suspended")
    throw new StorageError("CONFLICT", `The run ${runId} is ${status}: it goes on.`);
  const approvals = await approvalsOf(store, run);
  const pending = approvals.filter((one) => one.status === "pending");
  return { ...at, status: "suspended", pending };
}

/** What a person reads of an output: the loop's answer, or a text that is the output itself. */
function answerIn(output: unknown): string {
  if (typeof output === "string") return output;
  const { response } = (output ?? {}) as { readonly response?: unknown };
  return typeof response === "string" ? response : "";
}
