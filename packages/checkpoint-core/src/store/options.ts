import { StorageError } from "../errors.ts";
import type { Scope } from "./context.ts";
import type { MemoryOptions, MemoryProvider } from "./memory/contract.ts";
import type { SealingOptions } from "./sealing/options.ts";
import type { Notifier } from "../backend/notifier.ts";
import type { Timer } from "./timer.ts";

/** Options of `createStore`. */
export interface StoreOptions extends SealingOptions {
  /** The tenant and user whose data it touches; `store.for` makes the same store for others. */
  readonly scope?: Scope;
  /** Milliseconds since 1970. Dates and expiry come from it; order never does. */
  readonly now?: (() => number) | undefined;
  /** How long the answer of an operation id is kept, in milliseconds: 30 days when not given, at least 7. It must outlast the retries of a function. */
  readonly operationTtlMs?: number | undefined;
  /**
   * The newest checkpoints of each thread that are shown, beside pinned ones: all when not given. Older ones are hidden by the next put, and freed in the background.
   * Processes may differ: what one has hidden stays hidden.
   */
  readonly keepLast?: number | undefined;
  /** How memories are searched; or a function that makes the memories of a scope, in place of the store's own. */
  readonly memory?: MemoryOptions | MemoryProvider | undefined;
  /** Lets time pass for followers of streams and for the beats of effects; real time when not given. */
  readonly timer?: Timer | undefined;
  /** Wakes followers of streams. When not given it is the backend's own; where that has none it is one for this process, and followers in others find what is new by looking. */
  readonly notifier?: Notifier | undefined;
}

/** The name of every option, so that a new one cannot be forgotten here. */
const names: Readonly<Record<keyof StoreOptions, true>> = {
  scope: true,
  now: true,
  operationTtlMs: true,
  keepLast: true,
  compress: true,
  encryption: true,
  memory: true,
  timer: true,
  notifier: true,
};

/** Throws `INVALID_ARGUMENT` for an option that neither the store nor its backend has: a misspelled `encryption` must not mean plain text. */
export function checkOptionNames(options: object, others: Iterable<string> = []): void {
  const known = [...others, ...Object.keys(names)];
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new StorageError(
      "INVALID_ARGUMENT",
      `A store has no option \`${unknown}\`; it has ${known.join(", ")}.`,
    );
}
