import { elapsed } from "../clock.ts";

/** What this process has seen of attempts in flight, so that a caller who only tries again needs not say what it saw. One for the stores of all scopes. */
export interface Looks {
  /**
   * Has an earlier look, `ms` milliseconds ago or more by this process's own time, seen the same? What is seen now is kept, from when `read` says that it was asked for. No clock of another
   * process has a part in it.
   */
  sawBefore(name: string, look: Look): boolean;
}

/** One look at an attempt in flight. */
export interface Look {
  readonly seen: number;
  /** How long the attempt may be silent. */
  readonly ms: number;
  /** When the record was asked for, by this process's own time. */
  readonly asked: number;
}

/** Attempts that are kept: of one that is forgotten the wait begins anew. */
const MOST = 1000;

export function looks(): Looks {
  const kept = new Map<string, { readonly seen: number; readonly at: number }>();
  return {
    sawBefore(name, { seen, ms, asked }) {
      const before = kept.get(name);
      if (before?.seen === seen) return asked - before.at >= ms;
      kept.delete(name);
      // As of now, after it was read: a wait that begins too late is only longer.
      kept.set(name, { seen, at: elapsed() });
      const [oldest] = kept.keys();
      if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
      return false;
    },
  };
}
