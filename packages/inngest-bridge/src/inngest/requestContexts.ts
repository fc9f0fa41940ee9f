/** What callers in this process handed along with their runs: kept in memory alone, and the last ones only. */
export interface RequestContexts {
  get(runId: string): unknown;
  set(runId: string, value: unknown): void;
}

/** Runs that a process remembers a context of. */
const MOST = 1000;

/** An empty memory. */
export function requestContexts(): RequestContexts {
  const kept = new Map<string, unknown>();
  return {
    get: (runId) => kept.get(runId),
    set(runId, value) {
      kept.delete(runId);
      kept.set(runId, value);
      const [oldest] = kept.keys();
      if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
    },
  };
}
