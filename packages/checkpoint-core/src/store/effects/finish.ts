import type { Write } from "../../backend/contract.ts";
import { DeletedError, isStorageError } from "../../errors.ts";
import { LEASE, LIFE, showsLife } from "../life/life.ts";
import { type Decision, transact } from "../transact.ts";
import type { Beats } from "./beat.ts";
import type { Begun, OnceCall } from "./begin.ts";
import type { EffectOutcome, OnceResult } from "./contract.ts";
import { EffectUnknownError } from "./errors.ts";
import { unkeptBy } from "./outcome.ts";
import {
  beatKey,
  type EffectRecord,
  effectIn,
  effectKey,
  effectOf,
  effectWrite,
  factsOf,
} from "./record.ts";

/** Tries to record what has happened: nobody but this call knows it. */
const MAX_TRIES = 6;
/** The pause after the first try, in milliseconds; each one after it is twice as long. */
const FIRST_PAUSE_MS = 50;

/**
 * The outcome is recorded against the attempt, whoever holds the thread by now: a fact may be told by one that lost its lease. Answers what is stored. Throws
 * `EffectUnknownError` when it could not be recorded or another attempt was begun meanwhile, `DELETED` when the thread is gone.
 */
export async function recordOutcome<T>(
  call: OnceCall<T>,
  begun: Begun,
  outcome: EffectOutcome<T>,
  beats: Beats,
): Promise<OnceResult<T>> {
  const kept = fitting(call, begun, outcome);
  const never = new AbortController().signal;
  for (let tries = 1; ; tries += 1)
    try {
      return await writeOutcome(call, begun, kept, beats);
    } catch (error) {
      if (!isStorageError(error) || ["DELETED", "OUTCOME_UNKNOWN"].includes(error.code))
        throw error;
      if (!error.retryable || tries === MAX_TRIES)
        throw unknown(call, begun, "and its outcome could not be recorded", error);
      await call.timer.wait(FIRST_PAUSE_MS * 2 ** (tries - 1), never);
    }
}

/** The outcome, or why it is too large for the engine. */
function fitting<T>(
  { partition }: OnceCall<T>,
  begun: Begun,
  outcome: EffectOutcome<T>,
): EffectOutcome<T> {
  try {
    partition.check([effectWrite(doneRecord(begun, outcome), begun.attempt)]);
    return outcome;
  } catch (error) {
    return unkeptBy(error);
  }
}

function doneRecord({ record, attempt }: Begun, outcome: EffectOutcome): EffectRecord {
  const { after: _, ...own } = record;
  return { ...own, status: "done", attempt, outcome };
}

async function writeOutcome<T>(
  call: OnceCall<T>,
  begun: Begun,
  outcome: EffectOutcome<T>,
  beats: Beats,
): Promise<OnceResult<T>> {
  const { context, partition, key } = call;
  const { attempt } = begun;
  const now = context.now();
  const record = doneRecord(begun, outcome);
  const plan = (expect: number): Decision<OnceResult<T>> => ({
    writes: [
      effectWrite(record, expect),
      ...(beats.began ? [{ op: "delete", key: beatKey(key), expect: "any" } satisfies Write] : []),
    ],
    landed: () => ({ ...outcome, attempt, replayed: false }),
  });
  return transact<OnceResult<T>>(partition, now, async (tries) => {
    if (tries === 0) return plan(attempt);
    const snapshot = await partition.read([LIFE, LEASE, effectKey(key), beatKey(key)], now);
    if (!showsLife(snapshot, begun.life))
      throw new DeletedError("The effect happened, and its thread was deleted meanwhile.");
    const found = effectIn(snapshot, key);
    if (!found) throw unknown(call, begun, "and its record is not there any more");
    if (found.revision === attempt) return plan(attempt);
    if (found.record.attempt === attempt && found.record.status === "again")
      return plan(found.revision);
    const effect = effectOf<T>(call.threadId, found, snapshot);
    if (effect.status !== "recorded")
      throw unknown(call, begun, `and attempt ${effect.attempt} was begun meanwhile`);
    const own = found.record.token === call.token && !found.record.resolved;
    const stored = effect.unkept ? { unkept: effect.unkept } : { value: effect.value };
    return { answer: { ...stored, attempt: effect.attempt, replayed: !own } };
  });
}

function unknown<T>(
  { threadId, key }: OnceCall<T>,
  { record, attempt }: Begun,
  what: string,
  cause?: unknown,
): EffectUnknownError {
  return new EffectUnknownError(
    { ...factsOf(threadId, record, attempt), status: "unknown" },
    `The effect ${JSON.stringify(key)} happened, ${what}.`,
    cause === undefined ? {} : { cause },
  );
}
