import { isStorageError } from "../../errors.ts";
import { encodeValue } from "../partition.ts";
import type { Begun, OnceCall } from "./begin.ts";
import { type BeatRecord, beatKey, effectKey } from "./record.ts";

/** The signs of life of one attempt. */
export interface Beats {
  /** True once one may have been written. */
  readonly began: boolean;
  /** No beat is written after this has resolved. */
  stop(): Promise<void>;
}

/** Beats that an attempt gives in the time that it may be silent: one or two may be lost. */
const BEATS_A_SILENCE = 3;

/** While the work goes on its beat is moved, three times as often as it must be. Work that is shorter than that costs nothing. */
export function startBeating<T>(call: OnceCall<T>, { attempt, record }: Begun): Beats {
  const stopped = new AbortController();
  const beats = { began: false };
  const beating = (async () => {
    const pause = Math.ceil(record.ms / BEATS_A_SILENCE);
    for (;;) {
      await call.timer.wait(pause, stopped.signal);
      if (stopped.signal.aborted) return;
      beats.began = true;
      if (!(await beat(call, attempt))) return;
    }
  })();
  return {
    get began() {
      return beats.began;
    },
    async stop() {
      stopped.abort();
      await beating;
    },
  };
}

/** Moves the beat; false where the attempt is not the one that stands any more. */
async function beat<T>(call: OnceCall<T>, attempt: number): Promise<boolean> {
  try {
    await writeBeat(call, attempt);
    return true;
  } catch (error) {
    // A beat that is lost is no harm: the next one comes, and without any the attempt is taken for silent. Only what no retry mends ends the beating.
    return isStorageError(error) && error.retryable;
  }
}

/** Stores a beat of the attempt that stands, or that it is over. Throws `ConflictError` where another one stands. */
export async function writeBeat<T>(
  { context, partition, key, token }: OnceCall<T>,
  attempt: number,
  over?: BeatRecord["over"],
): Promise<void> {
  const record: BeatRecord = over === undefined ? { token } : { token, over };
  await partition.write(
    [
      { op: "check", key: effectKey(key), expect: attempt },
      { op: "put", key: beatKey(key), value: encodeValue(record), expect: "any" },
    ],
    context.now(),
  );
}
