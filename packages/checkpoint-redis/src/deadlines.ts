/** Something that is to end by itself when its time has come. */
export interface Deadline {
  /** When, in milliseconds of `performance.now()`. */
  readonly at: number;
  /** What happens then. It is forgotten first. */
  readonly pass: () => void;
}

/** Deadlines that come in the order in which they were set, as those of calls that may all take the same time. */
export interface Deadlines {
  set(pass: () => void): Deadline;
  /** Forgets a deadline that does not matter any more. */
  clear(deadline: Deadline): void;
}

/**
 * Deadlines after so many milliseconds, kept by one timer: a call that is answered in time, as nearly all are, starts none and stops none. The timer keeps no process alive: whoever waits for an
 * answer has a connection that does.
 */
export function deadlinesAfter(ms: number): Deadlines {
  const waiting = new Set<Deadline>();
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    timer = undefined;
    const now = performance.now();
    for (const deadline of waiting) {
      if (deadline.at > now) {
        arm(deadline.at - now);
        return;
      }
      waiting.delete(deadline);
      deadline.pass();
    }
  };
  const arm = (pause: number): void => {
    timer = setTimeout(look, Math.ceil(pause));
    timer.unref();
  };
  return {
    set(pass) {
      const deadline = { at: performance.now() + ms, pass };
      waiting.add(deadline);
      if (!timer) arm(ms);
      return deadline;
    },
    clear: (deadline) => void waiting.delete(deadline),
  };
}
