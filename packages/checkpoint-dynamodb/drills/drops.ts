import { DynamoDBClient, paginateQuery } from "@aws-sdk/client-dynamodb";
import {
  type Backend,
  createStore,
  isStorageError,
  partitionName,
  type Store,
} from "@perdure/checkpoint-core";
import { dynamoBackend } from "@perdure/checkpoint-dynamodb";
import type { Drill, DrillResult } from "@perdure/drills";
import { removeTable, type Table, tableOf } from "./places.ts";

const HOUR = 60 * 60 * 1000;
const THREAD = "t";
const PARTITION = partitionName("t", [undefined, THREAD]);

/** A thread of so many records that is deleted by processes which die. */
export function drops(url: string, records: number): readonly Drill[] {
  return [["drop cut at every call", () => cutDrop(tableOf(url), records)]];
}

/**
 * One process after the other deletes the thread, or maintains the store, and dies: at its first call to the thread's partition, its second and so on, until one gets as far as to delete something; from then on each gets
 * as far as that, a few batches of 25 further than the one before. From the tombstone on nothing of the thread is seen and late writers are told; in the end `maintain` finishes it, and its tombstone is all that is left.
 */
async function cutDrop(table: Table, records: number): Promise<DrillResult> {
  await using backend = dynamoBackend(table);
  await backend.setup("create");
  let deaths = 0;
  // Who looks next does so two hours later: work that has just failed is not due at once.
  const now = (): number => Date.now() + 2 * (deaths + 1) * HOUR;
  const store = createStore({ backend, now });
  await store.threads.create(THREAD);
  await fill(backend, records);
  let left = await itemsLeft(table);
  const wrong = left > records ? [] : [`only ${left} items were there to begin with`];
  let deleted = false;
  for (let calls = 1; left > 1; ) {
    deaths += 1;
    await dying(table, calls, now, (one) =>
      deleted ? one.maintain({ ms: HOUR }) : one.threads.delete(THREAD, { operationId: "delete" }),
    );
    const before: { readonly left: number; readonly deleted: boolean } = { left, deleted };
    left = await itemsLeft(table);
    deleted = (await store.threads.get(THREAD)) === undefined;
    if (before.deleted && !deleted) wrong.push(`it was there again after death ${deaths}`);
    if (deleted) wrong.push(...(await seenOf(store, deaths)));
    // A process that maintains comes to the partition by another way than one that deletes.
    if (deleted !== before.deleted) calls = 1;
    else if (left === before.left) calls += 1;
  }
  deaths += 1;
  const { failed, more } = await store.maintain({ ms: HOUR });
  if (failed.length > 0 || more) wrong.push("maintain did not finish it");
  wrong.push(...(await seenOf(store, deaths)));
  await removeTable(table);
  return {
    name: "",
    passed: wrong.length === 0,
    line: `a thread of ${records} records, deleted by ${deaths - 1} processes of which each died, at every call up to the first that deletes and from then on a few batches of 25 further each; gone from the tombstone on, finished by maintain${wrong
      .slice(0, 3)
      .map((text) => `; ${text}`)
      .join("")}`,
  };
}

/** What is seen of a thread that is gone, or that a late writer is not told. */
async function seenOf({ checkpoints, history }: Store, death: number): Promise<readonly string[]> {
  const late = await checkpoints.put(THREAD, { late: true }).then(
    () => "done",
    (error: unknown) => (isStorageError(error) ? error.code : String(error)),
  );
  const seen = [
    ...((await checkpoints.get(THREAD)) === null ? [] : ["a checkpoint"]),
    ...((await history.read(THREAD)).length === 0 ? [] : ["a history"]),
    ...(late === "DELETED" ? [] : [`a late put is ${late}`]),
  ];
  return seen.map((what) => `after death ${death}: ${what}`);
}

async function fill(backend: Backend, records: number): Promise<void> {
  for (let left = records; left > 0; left -= backend.limits.maxWrites)
    await backend.write(PARTITION, {
      writes: Array.from({ length: Math.min(backend.limits.maxWrites, left) }, () => ({
        op: "append",
        prefix: "z/",
        value: Buffer.alloc(20),
      })),
      now: 0,
    });
}

/** Work of a process that dies at this call to the thread's partition: neither it nor any later one is made. */
async function dying(
  { table, ...config }: Table,
  calls: number,
  now: () => number,
  work: (store: Store) => Promise<unknown>,
): Promise<void> {
  const client = new DynamoDBClient({ ...config, maxAttempts: 1 });
  let left = calls;
  client.middlewareStack.add(
    (next) => (args) => {
      if (left > 0 && JSON.stringify(args.input).includes(JSON.stringify(PARTITION))) left -= 1;
      if (left <= 0) throw Object.assign(new Error("killed"), { code: "ECONNREFUSED" });
      return next(args);
    },
    { step: "initialize" },
  );
  try {
    await work(createStore({ backend: dynamoBackend({ client, table }), now }));
  } catch (error) {
    if (!isStorageError(error) || error.code !== "UNAVAILABLE") throw error;
  } finally {
    client.destroy();
  }
}

/** Items of the thread's partition, its own among them. */
async function itemsLeft({ table: TableName, ...config }: Table): Promise<number> {
  const client = new DynamoDBClient(config);
  let items = 0;
  for await (const { Count = 0 } of paginateQuery(
    { client },
    {
      TableName,
      Select: "COUNT",
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": { S: PARTITION } },
      ConsistentRead: true,
    },
  ))
    items += Count;
  client.destroy();
  return items;
}
