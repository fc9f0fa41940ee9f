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
    get: (store, run) => kept.get(runName(store, run)),
    set(store, run, value) {
      const name = runName(store, run);
      kept.delete(name);
      kept.set(name, value);
      const [oldest] = kept.keys();
      if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
    },
  };
}

/** Names a run among those of a process: its id is one of its tenant alone, and a later life of its thread may use it again. */
export function runName(store: Store, { threadId, runId, life }: OfLife): string {
  return digestOf([threadName(store, threadId), runId, life]);
}
