import type { RunnableConfig } from "@langchain/core/runnables";
import { getCheckpointId } from "@langchain/langgraph-checkpoint";
import { StorageError } from "@perdure/checkpoint-core";

/** Where a config points: a graph of a thread, by its namespace (empty for the outermost one), and perhaps one checkpoint of it. */
export interface Place {
  readonly threadId: string;
  readonly ns: string;
  readonly checkpointId?: string;
}

/** Where a config points; `undefined` where it names no thread. Throws `INVALID_ARGUMENT` for names that are no strings. */
export function placeIn({ configurable = {} }: RunnableConfig): Place | undefined {
  const { thread_id: threadId, checkpoint_ns: ns = "" } = configurable;
  if (threadId === undefined) return undefined;
  const checkpointId: unknown = getCheckpointId({ configurable }) || undefined;
  if (!isText(threadId)) throw invalid("thread_id must be a string.");
  if (!isText(ns)) throw invalid("checkpoint_ns must be a string.");
  if (checkpointId === undefined) return { threadId, ns };
  if (!isText(checkpointId)) throw invalid("checkpoint_id must be a string.");
  return { threadId, ns, checkpointId };
}

/** The same, for a write. Throws `INVALID_ARGUMENT` where it names no thread. */
export function placeOf(config: RunnableConfig): Place {
  const place = placeIn(config);
  if (place) return place;
  throw invalid(
    'The config names no thread: a graph with a checkpointer is called with { configurable: { thread_id: "…" } }.',
  );
}

/** The config of one checkpoint. */
export function configOf({ threadId, ns, checkpointId }: Required<Place>): RunnableConfig {
  return {
    configurable: { thread_id: threadId, checkpoint_ns: ns, checkpoint_id: checkpointId },
  };
}

/** What a checkpoint is called in its thread: LangGraph's own id for the outermost graph's, which a store's other verbs take. */
export function nameOf({ ns, checkpointId }: Required<Omit<Place, "threadId">>): string {
  return ns === "" ? checkpointId : JSON.stringify([ns, checkpointId]);
}

/** An error for what no place can be. */
export function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
