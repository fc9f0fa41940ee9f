import { StorageError, type StoredRecord } from "@perdure/checkpoint-core";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Item, ItemKey } from "./table.ts";

/**
 * How a partition lies in the table: items of one partition key, the partition's name. The item `#` is the partition's own (`standing.ts`); a record that has an item to itself lies under `<life>/<key>`, so that
 * what a drop has not yet deleted never meets what comes after a revival.
 *
 * | attribute | of | holds |
 * |---|---|---|
 * | `pk`, `sk` | all | the primary key |
 * | `v` | records | the value |
 * | `r` | all | the revision |
 * | `e` | records | when it expires, in milliseconds of the caller's time |
 * | `ttl` | records that expire | when the service may delete it, in seconds of this machine's time |
 */
const PARTITION_ITEM = "#";

/** Seconds that an expired item stays, so that a process whose clock is behind still finds it: the service's clock decides nothing. */
const TTL_GRACE = 24 * 60 * 60;

/** The primary key of the partition's own item. */
export function partitionKey(partition: string): ItemKey {
  return { pk: partition, sk: PARTITION_ITEM };
}

/** The primary key of a record in a life of the partition. */
export function recordKey(partition: string, life: number, key: string): ItemKey {
  return { pk: partition, sk: sortKey(life, key) };
}

/** A record's sort key. Digits sort behind `#`, and `/` before them, but lives are never compared. */
export function sortKey(life: number, key: string): string {
  return `${life}/${key}`;
}

/** The life that a sort key belongs to. */
export function lifeOf(sk: string): number {
  return Number(sk.slice(0, sk.indexOf("/")));
}

/**
 * A record's item. `now` is the caller's time, which may be any: a test's, or that of a machine whose clock is wrong. The service compares `ttl` with the real time, so what is left of the record's life by the caller's
 * clock is counted from this machine's; no read goes by it.
 */
export function recordItem(at: ItemKey, record: Omit<StoredRecord, "key">, now: number): Item {
  const { value, revision, expiresAt } = record;
  return {
    pk: { S: at.pk },
    sk: { S: at.sk },
    v: { B: value },
    r: numberValue(revision),
    ...(expiresAt === undefined
      ? {}
      : { e: numberValue(expiresAt), ttl: numberValue(deletableAt(expiresAt, now)) }),
  };
}

function deletableAt(expiresAt: number, now: number): number {
  const left = Math.min(Math.max(0, expiresAt - now), Number.MAX_SAFE_INTEGER / 2);
  return Math.ceil((Date.now() + left) / 1000) + TTL_GRACE;
}

/** The record in an item. Throws `CORRUPT`. */
export function recordOf(item: Item, key: string): StoredRecord {
  const { v, r, e } = item;
  if (!v?.B) throw damaged(key);
  return decoded(key, v.B, r, e);
}

/** A record from its parts as they came. Throws `CORRUPT`. */
export function decoded(
  key: string,
  value: unknown,
  revision: AttributeValue | undefined,
  expiresAt: AttributeValue | undefined,
): StoredRecord {
  if (!(value instanceof Uint8Array)) throw damaged(key);
  const record = {
    key,
    value: new Uint8Array(value.buffer, value.byteOffset, value.byteLength),
    revision: numberOf(revision, key),
  };
  return expiresAt === undefined ? record : { ...record, expiresAt: numberOf(expiresAt, key) };
}

/** A whole number as the service takes it. */
export function numberValue(value: number): AttributeValue.NMember {
  return { N: String(value) };
}

/** A number of an item. Throws `CORRUPT` where there is none. */
export function numberOf(value: AttributeValue | undefined, of: string): number {
  const number = Number(value?.N);
  if (value?.N === undefined || !Number.isFinite(number)) throw damaged(of);
  return number;
}

/** Whether a record counts as there at a time. */
export function isLive(record: StoredRecord | undefined, now: number): record is StoredRecord {
  return record !== undefined && (record.expiresAt === undefined || record.expiresAt > now);
}

function damaged(of: string): StorageError {
  return new StorageError(
    "CORRUPT",
    `The item of ${JSON.stringify(of)} in the DynamoDB table holds no record.`,
  );
}
