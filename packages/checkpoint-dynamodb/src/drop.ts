import { randomUUID } from "node:crypto";
import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { ConflictError, type HeldRecord, StorageError } from "@perdure/checkpoint-core";
import { isCollision, isConditionFailure, THROTTLED_MS } from "./errors.ts";
import { conditionOf, holds } from "./expectation.ts";
import { type Ground, readInstant, readStanding } from "./instant.ts";
import { lifeOf, recordKey } from "./item.ts";
import { type Patience, patience } from "./pause.ts";
import { nothing, putStanding, type Standing } from "./standing.ts";
import { type ItemKey, keyOf, putAction } from "./table.ts";

/** Items that one call deletes: the most that the service takes. */
const BATCH = 25;
/** Calls at once. Together they delete about what one partition key can take in a second. */
const CALLS = 4;

/** Leaves a tombstone, then deletes the records' items. What is dropped already is finished; what never was stays so. */
export async function dropPartition(
  ground: Ground,
  partition: string,
  now: number,
  held: HeldRecord | undefined,
): Promise<void> {
  const waiting = patience(ground.waitMs, `A drop of partition ${partition}`);
  for (;;) {
    const standing = await readStanding(ground, partition);
    if (standing.revision === 0) return;
    if (standing.dropped) {
      if (standing.undeleted) await deleteRecords(ground, partition, standing);
      return;
    }
    const buried = await entombed(ground, partition, standing, now, held);
    if (buried) await deleteRecords(ground, partition, buried);
    if (buried) return;
    await waiting.pause();
  }
}

/** The tombstone, where the partition is still as it was seen and the record that the drop is held to is there; `undefined` where one has changed. */
async function entombed(
  ground: Ground,
  partition: string,
  before: Standing,
  now: number,
  held: HeldRecord | undefined,
): Promise<Standing | undefined> {
  const { table, known } = ground;
  const { revision, life, marks } = before;
  const after = { ...nothing, revision, life, marks, dropped: true, undeleted: true };
  const put = putStanding(partition, before, after);
  const check = held && heldCheck(table.name, partition, before, now, held);
  try {
    if (check) await table.writeTogether([putAction(table.name, put), check], randomUUID());
    else await table.put(put);
    known.keep(partition, after);
    return after;
  } catch (error) {
    if (!isConditionFailure(error) && !isCollision(error)) throw error;
    known.forget(partition);
    if (held) await judge(ground, partition, now, held);
    return undefined;
  }
}

/** The condition on the item of the record that a drop is held to; none where the partition's own item holds that. Throws a `ConflictError` where it is another there. */
function heldCheck(
  TableName: string,
  partition: string,
  { inline, life }: Standing,
  now: number,
  held: HeldRecord,
): TransactWriteItem | undefined {
  const { key, revision } = held;
  const record = inline.get(key);
  if (record && !holds(record, revision, now)) throw notHeld(partition, held);
  const Key = keyOf(recordKey(partition, life, key));
  const condition = conditionOf(revision, now);
  return record || !condition ? undefined : { ConditionCheck: { TableName, Key, ...condition } };
}

/** Throws a `ConflictError` where the record that a drop is held to is not there, and the partition is not dropped. */
async function judge(
  ground: Ground,
  partition: string,
  now: number,
  held: HeldRecord,
): Promise<void> {
  const { standing, records } = await readInstant(ground, partition, [held.key]);
  if (!standing.dropped && !holds(records.get(held.key), held.revision, now))
    throw notHeld(partition, held);
}

/**
 * Deletes the items of a dropped partition's records and notes that none is left. A life that begins meanwhile loses nothing: its items have other keys. Each call does some of the work for good, so one that is cut short is
 * finished by the next. Throws `UNAVAILABLE` when none of it gets on for `waitMs`.
 */
export async function deleteRecords(
  ground: Ground,
  partition: string,
  standing: Standing,
): Promise<Standing> {
  const waiting = patience(ground.waitMs, `A drop of partition ${partition}`);
  for await (const keys of itemsOf(ground, partition, standing.life)) {
    for (let at = 0; at < keys.length; at += BATCH * CALLS)
      await Promise.all(
        chunks(keys.slice(at, at + BATCH * CALLS)).map((some) =>
          deleteAll(ground, partition, some, waiting),
        ),
      );
  }
  const after = { ...standing, undeleted: false };
  await noteDeleted(ground, partition, standing, after, waiting);
  return after;
}

/** Notes that no record is left, where the partition was not revived since: who did that has deleted them too. */
async function noteDeleted(
  { table, known }: Ground,
  partition: string,
  standing: Standing,
  after: Standing,
  waiting: Patience,
): Promise<void> {
  for (;;) {
    try {
      await table.put(putStanding(partition, standing, after));
      known.keep(partition, after);
      return;
    } catch (error) {
      if (!isConditionFailure(error) && !isCollision(error)) throw error;
      known.forget(partition);
      if (isConditionFailure(error)) return;
      await waiting.pause(notFinished(partition, error));
    }
  }
}

/** The keys of all items of a life and of those before it, a page at a time. */
async function* itemsOf(
  { table }: Ground,
  partition: string,
  life: number,
): AsyncGenerator<readonly ItemKey[], void, undefined> {
  let after: Record<string, { readonly S: string }> | undefined;
  do {
    const page = await table.query({
      // Lives are digits: all of them lie between `0` and the sign behind `9`.
      KeyConditionExpression: "pk = :pk and sk between :first and :last",
      ExpressionAttributeValues: {
        ":pk": { S: partition },
        ":first": { S: "0" },
        ":last": { S: ":" },
      },
      ProjectionExpression: "sk",
      ...(after ? { ExclusiveStartKey: after } : {}),
    });
    yield page.items.flatMap(({ sk }) =>
      sk?.S !== undefined && lifeOf(sk.S) <= life ? [{ pk: partition, sk: sk.S }] : [],
    );
    const last = page.last?.["sk"]?.S;
    after = last === undefined ? undefined : { pk: { S: partition }, sk: { S: last } };
  } while (after);
}

async function deleteAll(
  { table }: Ground,
  partition: string,
  keys: readonly ItemKey[],
  waiting: Patience,
): Promise<void> {
  for (let left = keys; left.length > 0; ) {
    const before = left.length;
    let cause: unknown;
    try {
      left = await table.deleteEach(left);
    } catch (error) {
      // A late writer's transaction is under way on one of them, which must not stay for that.
      if (!isCollision(error)) throw error;
      cause = error;
    }
    if (left.length < before) waiting.renew();
    if (left.length > 0) await waiting.pause(notFinished(partition, cause));
  }
}

function chunks(keys: readonly ItemKey[]): readonly (readonly ItemKey[])[] {
  return Array.from({ length: Math.ceil(keys.length / BATCH) }, (_, index) =>
    keys.slice(index * BATCH, (index + 1) * BATCH),
  );
}

/** The tombstone is there, so a `ContentionError` would not be true. */
function notFinished(partition: string, cause: unknown): StorageError {
  return new StorageError(
    "UNAVAILABLE",
    `Partition ${partition} was dropped, and the service leaves records of it undeleted for now: another drop goes on with them.`,
    { retryAfterMs: THROTTLED_MS, ...(cause === undefined ? {} : { cause }) },
  );
}

function notHeld(partition: string, { key, revision }: HeldRecord): ConflictError {
  return new ConflictError(
    `Key ${key} of partition ${partition} is not ${revision}; nothing was dropped.`,
    { key },
  );
}
