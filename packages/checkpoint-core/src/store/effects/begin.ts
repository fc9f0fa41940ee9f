import type { Write } from "../../backend/contract.ts";
import { isStorageError } from "../../errors.ts";
import { elapsed } from "../clock.ts";
import type { StoreContext } from "../context.ts";
import type { Partition, Snapshot } from "../partition.ts";
import { copyOf } from "../arguments.ts";
import { heldLease, pulseWrite, sameLife } from "../lease/standing.ts";
import { ensureThread, LEASE, LIFE, type Life, lifeCheck, lifeIn } from "../life/life.ts";
import type { Timer } from "../timer.ts";
import { type Decision, transact } from "../transact.ts";
import type { Effect, OnceOptions, OnceResult, UnknownAnswer, UnknownEffect } from "./contract.ts";
import { EffectInFlightError, EffectUnknownError } from "./errors.ts";
import type { Looks } from "./looks.ts";
import {
  againRecord,
  beatKey,
  beatWrites,
  type EffectRecord,
  effectIn,
  effectKey,
  effectOf,
  effectWrite,
  idempotencyKeyOf,
  resolvedRecord,
  type StoredEffect,
} from "./record.ts";

/** One call of `once`. */
export interface OnceCall<T> {
  readonly context: StoreContext;
  readonly timer: Timer;
  readonly looks: Looks;
  readonly partition: Partition;
  readonly threadId: string;
  readonly key: string;
  readonly options: OnceOptions<T>;
  /** Names this call: the attempt that it begins is recognised by it. */
  readonly token: string;
}

/** An attempt that this call has begun: the work is its to do, once. */
export interface Begun {
  readonly record: EffectRecord;
  readonly attempt: number;
  /** The thread's life in which it was begun. */
  readonly life: number;
}

/** What begins: an attempt, or nothing, because the outcome is there. */
export type Beginning<T> = { readonly begun: Begun } | { readonly recorded: OnceResult<T> };

/** How long an attempt may be silent when nobody says. */
const SILENCE_MS = 60_000;
/** Looks at a record of which the acknowledgement was lost. */
const MAX_LOOKS = 3;

/**
 * The attempt is begun under the lease, or the outcome that is there is answered. When an acknowledgement is lost the record is read again: one that bears this call's token is
 * its own, and the work has surely not been done for it.
 */
export async function begin<T>(call: OnceCall<T>): Promise<Beginning<T>> {
  for (let looks = 1; ; looks += 1)
    try {
      return await beginOnce(call);
    } catch (error) {
      const lost = isStorageError(error) && error.code === "UNAVAILABLE";
      if (!lost || looks === MAX_LOOKS) throw error;
    }
}

async function beginOnce<T>(call: OnceCall<T>): Promise<Beginning<T>> {
  const { context, partition, key, options } = call;
  const now = context.now();
  const asked = elapsed();
  const keys = [LIFE, LEASE, effectKey(key), beatKey(key)];
  return transact<Beginning<T>>(partition, now, async () => {
    const snapshot = await partition.read(keys, now);
    if (options.lease) sameLife(context, snapshot, options.lease);
    const life = lifeIn(context, snapshot) ?? (await ensureThread(context, call.threadId));
    const found = effectIn(snapshot, key);
    return found
      ? goOn(call, snapshot, life, { ...found, asked })
      : planBegin(call, snapshot, life);
  });
}

/** What follows from a record that is there. */
async function goOn<T>(
  call: OnceCall<T>,
  snapshot: Snapshot,
  life: Life,
  found: StoredEffect & { readonly asked: number },
): Promise<Decision<Beginning<T>>> {
  const { record, revision } = found;
  if (record.status === "begun" && record.token === call.token)
    return { answer: { begun: { record, attempt: revision, life: life.revision } } };
  const effect = effectSeen(call, snapshot, found);
  if (effect.status === "recorded") return { answer: { recorded: replayed(effect) } };
  held(call, snapshot);
  if (effect.status === "inFlight") throw new EffectInFlightError(effect);
  if (effect.status === "again") return planBegin(call, snapshot, life, found);
  const answer = await answerTo(call, effect);
  if (answer === "again") return planBegin(call, snapshot, life, found);
  return planDone(call, snapshot, life, found, copyOf(answer.done));
}

/** The effect, to one that has seen what the caller says, or that this process has seen in a call before. */
function effectSeen<T>(
  { threadId, key, partition, looks, options }: OnceCall<T>,
  snapshot: Snapshot,
  { asked, ...found }: StoredEffect & { readonly asked: number },
): Effect<T> {
  const effect = effectOf<T>(threadId, found, snapshot, options.seen);
  if (effect.status !== "inFlight" || options.seen !== undefined) return effect;
  const { seen, ms } = effect;
  const isSilent = looks.sawBefore(`${partition.name} ${key}`, { seen, ms, asked });
  return isSilent ? effectOf<T>(threadId, found, snapshot, seen) : effect;
}

function replayed<T>(effect: Extract<Effect<T>, { readonly status: "recorded" }>): OnceResult<T> {
  const { attempt } = effect;
  return effect.unkept
    ? { unkept: effect.unkept, attempt, replayed: true }
    : { value: effect.value, attempt, replayed: true };
}

/** What the caller says about an unknown attempt. Throws `EffectUnknownError` where that is nothing. */
async function answerTo<T>(
  { options: { onUnknown = "throw" } }: OnceCall<T>,
  effect: UnknownEffect,
): Promise<Exclude<UnknownAnswer<T>, "throw">> {
  const answer = onUnknown === "throw" ? onUnknown : await onUnknown(effect);
  if (answer === "again" || (typeof answer === "object" && "done" in answer)) return answer;
  throw new EffectUnknownError(
    effect,
    `Attempt ${effect.attempt} at the effect ${JSON.stringify(effect.key)} ended without a record; nothing was done.`,
  );
}

/** A new attempt: under the lease or under the thread's life, on a record as it was read. */
function planBegin<T>(
  call: OnceCall<T>,
  snapshot: Snapshot,
  life: Life,
  found?: StoredEffect,
): Decision<Beginning<T>> {
  const { context, partition, key, options, token } = call;
  const { lease, ms = SILENCE_MS } = options;
  const record: EffectRecord = {
    key,
    status: "begun",
    idempotencyKey:
      found?.record.idempotencyKey ?? idempotencyKeyOf(partition.name, life.revision, key),
    token,
    at: context.now(),
    ms,
    ...(lease ? { by: { run: lease.runId, execution: lease.execution, fence: lease.fence } } : {}),
    ...(found ? { after: againRecord(found) } : {}),
  };
  const writes = writesOf(call, snapshot, life, record, found);
  return { writes, landed: (attempt) => ({ begun: { record, attempt, life: life.revision } }) };
}

/** The outcome that the caller knows of an unknown attempt. */
function planDone<T>(
  call: OnceCall<T>,
  snapshot: Snapshot,
  life: Life,
  found: StoredEffect,
  value: T,
): Decision<Beginning<T>> {
  const attempt = found.revision;
  const record = resolvedRecord(found, { done: value });
  const writes = writesOf(call, snapshot, life, record, found);
  return { writes, landed: () => ({ recorded: { value, attempt, replayed: true } }) };
}

/** The order of expectations: the fence (or the life), the effect as it was read, the pulse, the beat of the attempt before. */
function writesOf<T>(
  call: OnceCall<T>,
  snapshot: Snapshot,
  life: Life,
  record: EffectRecord,
  found: StoredEffect | undefined,
): Write[] {
  const ms = held(call, snapshot);
  const { lease } = call.options;
  const expect = found?.revision ?? "absent";
  return [
    lease ? { op: "check", key: LEASE, expect: lease.fence } : lifeCheck(life),
    effectWrite(record, expect),
    ...(ms === undefined ? [] : [pulseWrite(ms, "any")]),
    ...(found ? beatWrites(found, snapshot) : []),
  ];
}

/** How long the holder may be silent; `undefined` for a call without a lease. Throws `LEASE_LOST`. */
function held<T>(
  { context, options: { lease } }: OnceCall<T>,
  snapshot: Snapshot,
): number | undefined {
  return lease ? (heldLease(context, snapshot, lease).ms ?? 1) : undefined;
}
