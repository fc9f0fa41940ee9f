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
import type { Item, Table } from "./table.ts";

/**
 * Applies a batch. The partition's own item is put with the next revision, expecting it as it was last seen here; with it go the items of records, in one transaction, or nothing where no other item is needed. What was seen
 * may be old: then the answer says what stands there, and the write is planned anew. A refusal is told only of what was read for it.
 */
export async function writeBatch(
  ground: Ground,
  partition: string,
  batch: WriteBatch,
): Promise<number> {
  const { table, known, waitMs } = ground;
  if (batch.writes.every((write) => write.op === "check"))
    return (await judged(ground, partition, batch)).revision;
  const mark = randomBytes(MARK_BYTES);
  const target = { table: table.name, partition, batch, mark };
  const waiting = patience(waitMs, `Writes to partition ${partition}`);
  let before = known.get(partition) ?? (await readStanding(ground, partition));
  for (;;) {
    const plan = before.dropped && !batch.revive ? undefined : planWrite(target, before);
    if (!plan) {
      before = await judged(ground, partition, batch);
      continue;
    }
    if (before.undeleted) before = await deleteRecords(ground, partition, before);
    const outcome = await sent(table, partition, before, plan);
    if (outcome === "done") {
      known.keep(partition, plan.after);
      return plan.after.revision;
    }
    known.forget(partition);
    if (outcome === "refused") before = await judged(ground, partition, batch);
    else if (outcome !== "met others") {
      before = outcome;
      known.keep(partition, before);
      if (hasMark(before, mark)) return plan.after.revision;
    }
    await waiting.pause();
  }
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
 * Sends a plan: done; or how the partition stands instead; or that a record is not as expected; or that another write was under way.
 */
async function sent(
  table: Table,
  partition: string,
  before: Standing,
  { after, actions }: Plan,
): Promise<"done" | "refused" | "met others" | Standing> {
  const put = putStanding(partition, before, after);
  try {
    if (actions.length === 0) await table.put(put);
    else {
      const first = {
        Put: {
          TableName: table.name,
          Item: put.item,
          ConditionExpression: put.condition,
          ...(put.values ? { ExpressionAttributeValues: put.values } : {}),
          ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
        },
      };
      await table.writeTogether([first, ...actions], randomUUID());
    }
    return "done";
  } catch (error) {
    if (isConditionFailure(error)) {
      const item = itemInTheWay(error);
      if (item === undefined) return "refused";
      const standing = standingOf((item ?? undefined) as Item | undefined);
      if (actions.length === 0 && isTriedAgain(error) && !remembers(standing, before))
        throw new StorageError(
          "UNAVAILABLE",
          `An answer of table ${table.name} was lost, and others have written to partition ${partition} since: the write may have happened.`,
          { cause: error },
        );
      return standing;
    }
    if (isCollision(error)) return "met others";
    throw error;
  }
}
