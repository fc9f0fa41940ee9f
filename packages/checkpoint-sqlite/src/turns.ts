import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { ContentionError } from "@perdure/checkpoint-core";
import { isBusy, storageError } from "./errors.ts";

/** Longest time that calls of this package run one after the other before the event loop gets a turn. */
const TURN_MS = 5;
/**
 * A pause between two tries is at least one millisecond, the shortest that a timer can do, and at most this. It does not grow with the tries: whoever has lost
 * often would lose more often still.
 */
const MAX_PAUSE_MS = 4;

/** The order in which calls of this process use one connection, and how they wait for other processes. */
export interface Turns {
  /** Runs work that needs the writers' lock: after all work given before it, and again while the lock is held elsewhere, at most for the bound. */
  write<T>(work: () => T): Promise<T>;
  /** Runs work that only reads: at once, and again while SQLite is busy, at most for the bound. */
  read<T>(work: () => T): Promise<T>;
  /** Resolves when all that was given has ended. */
  idle(): Promise<void>;
}

/** What {@link turns} needs. Time and randomness can be given. */
export interface TurnsOptions {
  /** Milliseconds until a call that finds the file locked gives up. They begin anew when the process itself gets the lock, so that a long queue does not fail. */
  readonly waitMs: number;
  readonly now?: () => number;
  readonly random?: () => number;
}

/**
 * SQLite's own waiting blocks the event loop, so none is used: work that finds the file locked is tried again after a short random pause, until the bound is
 * reached and it throws `ContentionError`. Errors of the driver come out as ours.
 */
export function turns({
  waitMs,
  now = () => performance.now(),
  random = Math.random,
}: TurnsOptions): Turns {
  let last: Promise<unknown> = Promise.resolve();
  /** Writes that have not ended. */
  let under = 0;
  let turnedAt = now();
  let writtenAt = -Infinity;
  const turn = async (pause: Promise<unknown>): Promise<void> => {
    await pause;
    turnedAt = now();
  };
  const attempt = async <T>(work: () => T, since: number): Promise<T> => {
    if (now() - turnedAt > TURN_MS) await turn(nextTurn());
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (!isBusy(error)) throw storageError(error);
        if (now() - Math.max(since, writtenAt) >= waitMs)
          throw new ContentionError(
            `The SQLite file was locked by other connections for ${waitMs} ms; nothing was written.`,
            { cause: error },
          );
      }
      await turn(sleep(1 + random() * (MAX_PAUSE_MS - 1)));
    }
  };
  const ended = (): void => {
    under -= 1;
  };
  return {
    write(work) {
      const since = now();
      const attemptOnce = (): ReturnType<typeof attempt<ReturnType<typeof work>>> =>
        attempt(() => {
          const result = work();
          writtenAt = now();
          return result;
        }, since);
      // Behind nobody it begins at once.
      const result = under === 0 ? attemptOnce() : last.then(attemptOnce);
      under += 1;
      last = result.then(ended, ended);
      return result;
    },
    read: (work) => attempt(work, now()),
    async idle() {
      await last;
    },
  };
}
