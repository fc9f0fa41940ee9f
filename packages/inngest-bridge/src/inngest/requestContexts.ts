import { digestOf, type Store } from "@perdure/checkpoint-core";
import type { OfLife } from "../host.ts";
import { threadName } from "./threadName.ts";

/** What callers in this process handed along with their runs: kept in memory alone, the last ones only, and each for its run in its tenant and its thread's life. */
export interface RequestContexts {
  get(store: Store, run: OfLife): unknown;
  set(store: Store, run: OfLife, value: unknown): void;
}

/** Runs that a process remembers a context of. */
const MOST = 1000;

/** An empty memory. */
export function requestContexts(): RequestContexts {
  const kept = new Map<string, unknown>();
  return {
    get: (store, run) => kept.get(nameOf(store, run)),
    set(store, run, value) {
      const name = nameOf(store, run);
      kept.delete(name);
      kept.set(name, value);
      const [oldest] = kept.keys();
      if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
    },
  };
}

/** A run's id is one of its tenant alone, and a later life of its thread may use it again. */
function nameOf(store: Store, { threadId, runId, life }: OfLife): string {
  return digestOf([threadName(store, threadId), runId, life]);
}
