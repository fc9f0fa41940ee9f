/** A signal that is also aborted when the time is up. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** The time was up before it was stopped. */
  isOver(): boolean;
  stop(): void;
}

// What a timer of Node can wait, in milliseconds; longer ones fire at once.
const LONGEST_MS = 2 ** 31 - 1;

/** Aborts with the signal, and after so many milliseconds; none: never of itself. */
export function deadlineIn(signal: AbortSignal, ms: number | undefined): Deadline {
  if (ms === undefined || ms > LONGEST_MS)
    return { signal, isOver: () => false, stop: () => undefined };
  const controller = new AbortController();
  const timer = setTimeout(
    () => controller.abort(new Error("The budget has no time left.")),
    Math.max(0, ms),
  );
  timer.unref();
  return {
    signal: AbortSignal.any([signal, controller.signal]),
    isOver: () => controller.signal.aborted,
    stop: () => clearTimeout(timer),
  };
}
