import { setTimeout as sleep } from "node:timers/promises";
import { ContentionError } from "@perdure/checkpoint-core";

/** The first pause is at most this. */
const FIRST_MS = 10;
/** No pause is longer: whoever has lost often would lose more often still. */
const LONGEST_MS = 200;

/** Tries of one call, with random pauses that grow, until its bound. */
export interface Patience {
  /** Waits before another try. Throws `ContentionError` when the bound is reached. */
  pause(cause?: unknown): Promise<void>;
}

/** Patience for at most so many milliseconds. Randomness can be given. */
export function patience(
  waitMs: number,
  what: string,
  random: () => number = Math.random,
): Patience {
  const end = performance.now() + waitMs;
  let longest = FIRST_MS;
  return {
    async pause(cause) {
      if (performance.now() >= end)
        throw new ContentionError(
          `${what} met others' for ${waitMs} ms; nothing was written.`,
          cause === undefined ? {} : { cause },
        );
      await sleep(random() * longest);
      longest = Math.min(LONGEST_MS, longest * 1.5);
    },
  };
}
