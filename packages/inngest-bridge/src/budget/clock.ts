/** How long executions had worked on a run when an answer was stored, in milliseconds, and when that was. */
export interface Clock {
  readonly ms: number;
  readonly at: number;
}

/** What is known of the time since an answer. */
export interface TimeSince {
  /** The last answer's; none before the first one, and where time was not limited by then. */
  readonly clock: Clock | undefined;
  /** When results of its calls were stored. */
  readonly marks: readonly number[];
  /** When this execution took the run. */
  readonly since: number;
  readonly now: number;
}

/**
 * How long executions have worked on the run, in milliseconds, by the clocks of their processes: their back-offs and sleeps included. What lies between the last result that one stored and
 * the next one's taking the run is not: there the run waited for a person, for its turn, or for somebody to find its holder dead.
 */
export function workedMs({ clock, marks, since, now }: TimeSince): number {
  if (!clock) return passed(since, now);
  if (since <= clock.at) return clock.ms + passed(clock.at, now);
  const last = Math.max(clock.at, ...marks.filter((mark) => mark <= since));
  return clock.ms + passed(clock.at, last) + passed(since, now);
}

function passed(from: number, to: number): number {
  return Math.max(0, to - from);
}
