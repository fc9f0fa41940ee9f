import { isStorageError } from "../../errors.ts";
import { type Beats, startBeating, writeBeat } from "./beat.ts";
import { begin, type Begun, type OnceCall } from "./begin.ts";
import type { Attempt, OnceResult } from "./contract.ts";
import { EffectUnknownError } from "./errors.ts";
import { recordOutcome } from "./finish.ts";
import { describeError, outcomeOf } from "./outcome.ts";
import { beatKey, effectKey, effectWrite, factsOf } from "./record.ts";

/** Begins, does the work, records what came of it; see `EffectStore.once`. */
export async function once<T>(
  call: OnceCall<T>,
  work: (attempt: Attempt) => T | Promise<T>,
): Promise<OnceResult<T>> {
  const beginning = await begin(call);
  if ("recorded" in beginning) return beginning.recorded;
  const { begun } = beginning;
  const beats = startBeating(call, begun);
  const { idempotencyKey } = begun.record;
  const value = await carryOut(call, begun, beats, () =>
    work({ attempt: begun.attempt, idempotencyKey }),
  );
  const recording = recordOutcome(call, begun, outcomeOf(value), beats);
  await Promise.allSettled([recording, beats.stop()]);
  return recording;
}

/** The work's answer. What it throws is told in the store first: that it did not happen, or that nobody knows. */
async function carryOut<T>(
  call: OnceCall<T>,
  begun: Begun,
  beats: Beats,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await beats.stop();
    if (isNotDone(call, error)) {
      await settled(forget(call, begun));
      throw error;
    }
    const over = describeError(error);
    await settled(writeBeat(call, begun.attempt, over));
    throw new EffectUnknownError(
      { ...factsOf(call.threadId, begun.record, begun.attempt), status: "unknown", error: over },
      `The work of the effect ${JSON.stringify(call.key)} failed, and it is not known whether it happened.`,
      { cause: error },
    );
  }
}

/** Only a plain yes says that nothing happened: what is taken for one by mistake would do the work again. */
function isNotDone<T>({ options }: OnceCall<T>, error: unknown): boolean {
  if (isStorageError(error) && error.code === "NOT_DONE") return true;
  try {
    return options.isNotDone?.(error) === true;
  } catch {
    // What the work threw is what the caller must hear, and nobody has said that it did nothing.
    return false;
  }
}

/** The attempt leaves no trace: what stood before it stands again, so that the outcome of an earlier one, if it comes late, is kept. */
async function forget<T>(
  { context, partition, key }: OnceCall<T>,
  { record: { after }, attempt }: Begun,
): Promise<void> {
  await partition.write(
    [
      after ? effectWrite(after, attempt) : { op: "delete", key: effectKey(key), expect: attempt },
      { op: "delete", key: beatKey(key), expect: "any" },
    ],
    context.now(),
  );
}

/** What the work threw is what the caller must hear. A note that fails leaves the attempt begun: it becomes unknown when it stays silent. */
async function settled(note: Promise<void>): Promise<void> {
  await Promise.allSettled([note]);
}
