import {
  isStorageError,
  type Run,
  type Store,
  type StreamEvent,
  StorageError,
} from "@perdure/checkpoint-core";
import { approvalsOf } from "./ending.ts";
import { streamOf } from "./publisher.ts";
import { isAtRest, restEvents } from "./rest.ts";
import { ShownRun } from "./shown.ts";
import type { RunChunk, RunEvent } from "./vocabulary.ts";

/** Whose stream is read, and from where. */
export interface Watch {
  readonly store: Store;
  readonly runId: string;
  /** The first `sequenceNumber` that is given. */
  readonly offset: number;
  /** A rest of this revision is over: the run is about to go on. */
  readonly past: number | undefined;
  readonly signal: AbortSignal;
}

/** After this many milliseconds without an event the stored run is looked at; each time after it twice as long, up to the longest. */
const QUIET_MS = 500;
const LONGEST_QUIET_MS = 10_000;

/**
 * What is said of a run, from an offset on, until the run comes to rest: it ends, fails, or waits for a person. What nobody said, because the process died that should have, is told
 * from the stored run: so it ends whatever was lost. Over at once when `signal` is aborted. Rejects where the store does, and with `NOT_FOUND` when there is no such run.
 */
export async function* watchRun(watch: Watch): AsyncGenerator<RunChunk, undefined> {
  const { store, runId, signal } = watch;
  const log = new Log(store, runId, signal);
  try {
    yield* new Watching(watch, log).chunks();
  } finally {
    log.close();
  }
  return undefined;
}

class Watching {
  readonly #watch: Watch;
  readonly #log: Log;
  readonly #shown: ShownRun;
  #quiet = QUIET_MS;
  /** The revision of a rest that was found in the store before anybody said it. */
  #unsaid: number | undefined;

  constructor(watch: Watch, log: Log) {
    this.#watch = watch;
    this.#log = log;
    this.#shown = new ShownRun(watch.runId);
  }

  async *chunks(): AsyncGenerator<RunChunk, undefined> {
    const { offset, signal } = this.#watch;
    while (!signal.aborted) {
      const found = await this.#log.next(this.#quiet);
      if (found === "over") return undefined;
      if (typeof found === "string") {
        const told = await this.#lookAtRun(found);
        if (!told) continue;
        yield* told;
        return undefined;
      }
      this.#quiet = QUIET_MS;
      const chunks = this.#shown.take(found.index, found.value);
      for (const chunk of chunks) if (chunk.sequenceNumber >= offset) yield chunk;
      if (chunks.some(({ event }) => event === "stream.ended")) return undefined;
      if (chunks.some(isPause) && (await this.#isOver())) return undefined;
    }
    return undefined;
  }

  /** The pause is the run's last one: nothing has come after it. */
  async #isOver(): Promise<boolean> {
    const run = await storedRun(this.#watch.store, this.#watch.runId);
    return this.#rests(run) && this.#shown.hasRested(run.revision);
  }

  #rests(run: Run): boolean {
    return isAtRest(run) && run.revision !== this.#watch.past;
  }

  /** What is left to be told of a run that is at rest; `undefined` of one that goes on. Who brought it to rest may be about to say so, and gets one more while. */
  async #lookAtRun(why: "quiet" | "gone"): Promise<readonly RunChunk[] | undefined> {
    const { store, runId } = this.#watch;
    const run = await storedRun(store, runId);
    if (!this.#rests(run)) {
      if (why === "gone") throw this.#log.failure;
      this.#quiet = Math.min(this.#quiet * 2, LONGEST_QUIET_MS);
      return undefined;
    }
    if (this.#shown.hasRested(run.revision)) return [];
    if (why === "quiet" && this.#unsaid !== run.revision) {
      this.#unsaid = run.revision;
      return undefined;
    }
    const events = restEvents(run, await approvalsOf(store, run));
    return events.flatMap((event, nth) => this.#shown.take(this.#log.end + nth, event));
  }
}

/** A rest that a run may go on from; after a final one the stream ends by itself. */
function isPause({ event, child }: RunChunk): boolean {
  if (child) return false;
  return event === "run.failed" || event === "run.suspended";
}

/** The run. Throws `NOT_FOUND`. */
export async function storedRun(store: Store, runId: string): Promise<Run> {
  const run = await store.runs.get(runId);
  if (!run) throw new StorageError("NOT_FOUND", `There is no run ${runId}.`);
  return run;
}

/** A run's stream as it is followed: the next event, or what there is in place of one. */
class Log {
  readonly #events: AsyncIterableIterator<StreamEvent<RunEvent>>;
  #next: Promise<StreamEvent<RunEvent> | "over" | "gone"> | undefined;
  /** The place after the last event. */
  end = 0;
  /** Why the stream is gone. */
  failure: unknown;

  constructor(store: Store, runId: string, signal: AbortSignal) {
    this.#events = store.streams.follow<RunEvent>(streamOf(runId), 0, signal);
  }

  /** `quiet`: none came for so long. `over`: it has ended. `gone`: its time is over, or its thread's. */
  async next(quietMs: number): Promise<StreamEvent<RunEvent> | "quiet" | "over" | "gone"> {
    this.#next ??= this.#take();
    const waiting = new AbortController();
    const quiet = new Promise<"quiet">((resolve) => {
      const timer = setTimeout(() => resolve("quiet"), quietMs);
      waiting.signal.addEventListener("abort", () => clearTimeout(timer));
    });
    try {
      const found = await Promise.race([this.#next, quiet]);
      if (typeof found === "string") return found;
      this.#next = undefined;
      this.end = found.index + 1;
      return found;
    } finally {
      waiting.abort();
    }
  }

  close(): void {
    this.#next?.catch(() => undefined);
    this.#events.return?.().catch(() => undefined);
  }

  async #take(): Promise<StreamEvent<RunEvent> | "over" | "gone"> {
    try {
      const { value, done } = await this.#events.next();
      return done === true ? "over" : value;
    } catch (error) {
      if (!isStorageError(error) || error.code !== "DELETED") throw error;
      this.failure = error;
      return "gone";
    }
  }
}
