import { type Store, StorageError } from "@perdure/checkpoint-core";
import { callEnding, CALLBACKS, type RunCallbacks } from "./callbacks.ts";
import { endingOf, type RunEnding, RunNotCompletedError } from "./ending.ts";
import type { RunChunk } from "./vocabulary.ts";
import { storedRun, watchRun } from "./watch.ts";

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
  readonly cleanup: () => void;
  /** Cancels the run, wherever it works. */
  readonly abort: (reason?: string) => Promise<void>;
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
  if (CALLBACKS.some((name) => callbacks[name] !== undefined)) void ended();
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
