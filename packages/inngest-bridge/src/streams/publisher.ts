import { checkGiven, digestOf, isStorageError, type Store } from "@perdure/checkpoint-core";
import type { RunEvent } from "./vocabulary.ts";

/** The run that events are about. */
export interface StreamedRun {
  readonly store: Store;
  readonly threadId: string;
  readonly runId: string;
  readonly life: number;
}

/** Where the events of runs go. What it rejects with is seen by nobody: a run goes on without its stream. */
export interface Publisher {
  /** `operationId` names the events: the same ones may come again, from this process or another. */
  publish(
    run: StreamedRun,
    events: readonly RunEvent[],
    options: { readonly operationId: string },
  ): Promise<void>;
}

/** How long a stream is kept after its run has ended, when nothing else is said: a day. */
export const STREAM_TTL_MS = 86_400_000;

const OPTIONS: ReadonlySet<string> = new Set(["ttlMs"]);

/**
 * The run's stream in the store: its thread's, gone with it, and kept until its run has ended and `ttlMs` longer. The same events again are written once. A stream that has ended, or whose thread is
 * gone, takes no more, and nobody is told.
 */
export function storePublisher(options: { readonly ttlMs?: number } = {}): Publisher {
  checkGiven("storePublisher", options, {}, OPTIONS);
  const { ttlMs = STREAM_TTL_MS } = options;
  return {
    async publish({ store, threadId, runId, life }, events, { operationId }) {
      const streamId = streamOf(runId);
      const isEnd = events.at(-1)?.event === "stream.ended";
      const whose = isEnd ? { threadId, life, ttlMs } : { threadId, life };
      try {
        await store.streams.append(streamId, events, { ...whose, operationId });
        if (isEnd) await store.streams.end(streamId, whose);
      } catch (error) {
        if (!isOver(error)) throw error;
      }
    },
  };
}

/** Publishes to several, each whatever becomes of the others. */
export function publishToAll(publishers: readonly Publisher[]): Publisher {
  checkGiven("publishToAll", { publishers }, { publishers: "list" });
  return {
    async publish(run, events, options) {
      const all = publishers.map(async (one) => one.publish(run, events, options));
      await Promise.allSettled(all);
    },
  };
}

function isOver(error: unknown): boolean {
  return isStorageError(error) && (error.code === "ENDED" || error.code === "DELETED");
}

// A store takes ids of 4,096 units, and this one is a run's with a word before it.
const MAX_ID_UNITS = 2048;

/** The id of a run's stream in its store. */
export function streamOf(runId: string): string {
  return runId.length <= MAX_ID_UNITS ? `run:${runId}` : `run:~${digestOf(runId).slice(0, 32)}`;
}
