import { StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import {
  checkId,
  checkOperationId,
  checkWhole,
  operationKey,
  operationWrite,
} from "../operation.ts";
import { checkObject, copyOf } from "../arguments.ts";
import { LEASE, LIFE, lifeCheck, lifeIn } from "../life/life.ts";
import { transact } from "../transact.ts";
import type { Resolution, ResolveResult } from "./contract.ts";
import { EffectInFlightError } from "./errors.ts";
import {
  beatKey,
  beatWrites,
  effectIn,
  effectKey,
  effectOf,
  effectWrite,
  resolvedRecord,
} from "./record.ts";

/** A person's word on an attempt; see `EffectStore.resolve`. */
export async function resolveEffect(
  context: StoreContext,
  threadId: string,
  key: string,
  resolution: Resolution,
): Promise<ResolveResult> {
  checkResolution(threadId, key, resolution);
  const { attempt, seen, operationId } = resolution;
  const outcome =
    resolution.outcome === "again" ? resolution.outcome : { done: copyOf(resolution.outcome.done) };
  await context.ready();
  const now = context.now();
  const partition = context.thread(threadId);
  const op = operationId === undefined ? undefined : operationKey("resolve", operationId, key);
  const keys = [LIFE, LEASE, effectKey(key), beatKey(key), ...(op === undefined ? [] : [op])];
  return transact<ResolveResult>(partition, now, async () => {
    const snapshot = await partition.read(keys, now);
    const life = lifeIn(context, snapshot);
    const found = life && effectIn(snapshot, key);
    if (!found) throw nothing(key);
    const effect = effectOf(threadId, found, snapshot, seen);
    if (op !== undefined && snapshot.has(op)) return { answer: { counted: true, effect } };
    if (found.record.status !== "begun" || found.revision !== attempt)
      return { answer: { counted: false, effect } };
    if (effect.status === "inFlight") throw new EffectInFlightError(effect);
    const record = resolvedRecord(found, outcome);
    return {
      writes: [
        ...(op === undefined ? [] : [operationWrite(op, { attempt }, now, context.operationTtlMs)]),
        lifeCheck(life),
        effectWrite(record, attempt),
        ...beatWrites(found, snapshot),
      ],
      landed: (revision) => ({
        counted: true,
        effect: effectOf(threadId, { record, revision }, new Map()),
      }),
    };
  });
}

function nothing(key: string): StorageError {
  return new StorageError("NOT_FOUND", `Nobody has begun the effect ${JSON.stringify(key)}.`);
}

function checkResolution(threadId: string, key: string, resolution: Resolution): void {
  checkId("threadId", threadId);
  checkId("key", key);
  checkObject("The resolution", resolution);
  const { attempt, outcome, seen, operationId } = resolution;
  checkWhole("attempt", attempt, 1);
  if (seen !== undefined) checkWhole("seen", seen, 1);
  if (operationId !== undefined) checkOperationId(operationId);
  const says =
    outcome === "again" ||
    (typeof outcome === "object" && outcome !== null && Object.hasOwn(outcome, "done"));
  if (!says)
    throw new StorageError("INVALID_ARGUMENT", 'outcome must be "again" or { done: value }.');
}
