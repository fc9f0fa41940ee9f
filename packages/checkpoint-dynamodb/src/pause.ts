import { setTimeout as sleep } from "node:timers/promises";
import { ContentionError, type StorageError } from "@perdure/checkpoint-core";

/** The first pause is at most this. */
const FIRST_MS = 10;
/** No pause is longer: whoever has lost often would lose more often still. */
const LONGEST_MS = 200;

/** Tries of one call, with random pauses that grow, until its bound. */
export interface Patience {
  /** Waits before another try. Throws this error when the bound is reached, or a `ContentionError` where none is given: nothing was written. */
  pause(otherwise?: StorageError): Promise<void>;
  /** Some of the work is done for good: the bound begins anew. */
  renew(): void;
}

/** Patience for at most so many milliseconds. Randomness can be given. */
export function patience(
  waitMs: number,
  what: string,
  random: () => number = Math.random,
): Patience {
  let end = performance.now() + waitMs;
  let longest = FIRST_MS;
  return {
    async pause(otherwise) {
      if (performance.now() >= end)
        throw (
          otherwise ??
          new ContentionError(`${what} met others' for ${waitMs} ms; nothing was written.`)
        );
      await sleep(random() * longest);
      longest = Math.min(LONGEST_MS, longest * 1.5);
    },
    renew() {
      end = performance.now() + waitMs;
    },
  };
}
