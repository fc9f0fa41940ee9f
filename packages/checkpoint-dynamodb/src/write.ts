import { randomBytes, randomUUID } from "node:crypto";
import {
  ConflictError,
  DeletedError,
  StorageError,
  type WriteBatch,
} from "@perdure/checkpoint-core";
import { isCollision, isConditionFailure, isTriedAgain, itemInTheWay } from "./errors.ts";
import { holds } from "./expectation.ts";
import { deleteRecords } from "./drop.ts";
import { type Ground, readInstant, readStanding } from "./instant.ts";
import { patience } from "./pause.ts";
import { type Plan, planWrite } from "./plan.ts";
import {
  hasMark,
  MARK_BYTES,
  putStanding,
  remembers,
  type Standing,
  standingOf,
} from "./standing.ts";
import { type Item, putAction } from "./table.ts";

/**
 * Applies a batch. The partition's own item is put with the next revision, expecting it as it was last seen here; with it go the items of records, in one transaction, or nothing where no other item is needed. What was seen
 * may be old: then the answer says what stands there, and the write is planned anew. A refusal is told only of what was read for it.
 */
export async function writeBatch(
  ground: Ground,
  partition: string,
  batch: WriteBatch,
): Promise<number> {
  const checksOnly = batch.writes.every((write) => write.op === "check");
  if (checksOnly) return (await judged(ground, partition, batch)).revision;
  const mark = randomBytes(MARK_BYTES);
  const target = { table: ground.table.name, partition, batch, mark };
  const waiting = patience(ground.waitMs, `Writes to partition ${partition}`);
  let before = ground.known.get(partition) ?? (await readStanding(ground, partition));
  let mayBeDone = false;
  for (;;) {
    const plan = planWrite(target, before);
    if (!plan) {
      before = await judged(ground, partition, batch);
      continue;
    }
    if (before.undeleted) before = await deleteRecords(ground, partition, before);
    const outcome = await sent(ground, partition, before, plan);
    if (outcome === "done" || (typeof outcome === "object" && hasMark(outcome, mark)))
      return plan.after.revision;
    mayBeDone = isInDoubt(mayBeDone, outcome, before, partition);
    before = await seenAnew(ground, partition, batch, outcome, before);
    await waiting.pause(mayBeDone ? lostAnswer(partition) : undefined);
  }
}

/** Whether the write may be done, by what came of it now and before. Throws where too many of others have followed to tell. */
function isInDoubt(
  wasInDoubt: boolean,
  outcome: Exclude<Outcome, "done">,
  before: Standing,
  partition: string,
): boolean {
  if (outcome === "may be done") return true;
  if (!wasInDoubt) return false;
  if (typeof outcome === "object" && !remembers(outcome, before)) throw lostAnswer(partition);
  return outcome === "met others";
}

/** How the partition stands after a plan was not taken. Throws where the batch is refused. */
async function seenAnew(
  ground: Ground,
  partition: string,
  batch: WriteBatch,
  outcome: Exclude<Outcome, "done">,
  before: Standing,
): Promise<Standing> {
  ground.known.forget(partition);
  if (outcome === "refused") return judged(ground, partition, batch);
  return typeof outcome === "object" ? outcome : before;
}

/** How the partition stands, where the batch's expectations hold of it, all as of one instant. Throws `DeletedError`, or a `ConflictError` for the first that does not. */
async function judged(
  ground: Ground,
  partition: string,
  { writes, now, revive = false }: WriteBatch,
): Promise<Standing> {
  const tested = writes.flatMap((write) =>
    write.op === "append" || write.expect === "any" ? [] : [write],
  );
  const keys = [...new Set(tested.map(({ key }) => key))];
  const { standing, records } = await readInstant(ground, partition, keys);
  if (standing.dropped && !revive)
    throw new DeletedError(`Partition ${partition} was dropped; nothing was written.`);
  const failed = tested.find(({ key, expect }) => !holds(records.get(key), expect, now));
  if (failed)
    throw new ConflictError(
      `Key ${failed.key} of partition ${partition} is not ${failed.expect}; nothing was written.`,
      { key: failed.key },
    );
  return standing;
}

/**
 * What came of a plan: it is done, a record is not as expected, another write was under way, or the partition stands like this instead. It may be done where another write was under way at a later try of the SDK: the first
 * one's answer may have been lost.
 */
type Outcome = "done" | "refused" | "met others" | "may be done" | Standing;

async function sent(
  { table, known }: Ground,
  partition: string,
  before: Standing,
  { after, actions }: Plan,
): Promise<Outcome> {
  const put = putStanding(partition, before, after);
  try {
    if (actions.length === 0) await table.put(put);
    else await table.writeTogether([putAction(table.name, put), ...actions], randomUUID());
    known.keep(partition, after);
    return "done";
  } catch (error) {
    if (isConditionFailure(error)) {
      const outcome = refusal(error);
      if (actions.length === 0) refuseToGuess(error, outcome, before, partition);
      return outcome;
    }
    if (isCollision(error)) return isTriedAgain(error) ? "may be done" : "met others";
    throw error;
  }
}

/** The partition's own item is the first of a transaction. */
function refusal(error: unknown): "refused" | Standing {
  const item = itemInTheWay(error);
  return item === undefined ? "refused" : standingOf((item ?? undefined) as Item | undefined);
}

/** Throws where a put without an answer may have been done, and too many of others have followed to tell. */
function refuseToGuess(
  error: unknown,
  outcome: "refused" | Standing,
  before: Standing,
  partition: string,
): void {
  if (outcome === "refused" || !isTriedAgain(error) || remembers(outcome, before)) return;
  throw lostAnswer(partition, error);
}

function lostAnswer(partition: string, cause?: unknown): StorageError {
  return new StorageError(
    "UNAVAILABLE",
    `An answer was lost, and others have written to partition ${partition} since: the write may have happened.`,
    cause === undefined ? {} : { cause },
  );
}
