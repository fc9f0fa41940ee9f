import type { Page, ScanRange, StoredRecord } from "@perdure/checkpoint-core";
import { StorageError } from "@perdure/checkpoint-core";
import type { Prepare } from "./client.ts";
import { transaction } from "./transaction.ts";

/** Value bytes after which a page ends early, so that no page keeps the event loop for long. */
export const PAGE_BYTES: number = 4 * 1024 * 1024;

/** The records under the keys, as of one instant: one statement for each key, all in one transaction when there are several. */
export function readRecords(
  prepare: Prepare,
  name: string,
  keys: readonly string[],
  now: number,
): (StoredRecord | undefined)[] {
  const statement = prepare(
    `select key, value, revision, expires_at from perdure_record
     where partition = (select id from perdure_partition where name = ? and dropped = 0)
       and key = ? and (expires_at is null or expires_at > ?)`,
  );
  const all = (): (StoredRecord | undefined)[] =>
    keys.map((key) => {
      const row = statement.get(name, key, now);
      return row === undefined ? undefined : storedRecord(row);
    });
  return keys.length > 1 ? transaction(prepare, "begin", all) : all();
}

/** One page of the range: one statement, so one instant. */
export function scanPage(prepare: Prepare, name: string, range: ScanRange, now: number): Page {
  const { from, to, limit, reverse = false } = range;
  const rows = prepare(reverse ? scanDown : scanUp).iterate(name, from, to, now, limit + 1);
  const records: StoredRecord[] = [];
  let bytes = 0;
  for (const row of rows) {
    const record = storedRecord(row);
    const last = records.at(-1);
    if (last && (records.length === limit || bytes + record.value.byteLength > PAGE_BYTES))
      return { records, next: reverse ? last.key : record.key };
    records.push(record);
    bytes += record.value.byteLength;
  }
  return { records };
}

const range = `select key, value, revision, expires_at from perdure_record
  where partition = (select id from perdure_partition where name = ? and dropped = 0)
    and key >= ? and key < ? and (expires_at is null or expires_at > ?)`;
const scanUp = `${range} order by key limit ?`;
const scanDown = `${range} order by key desc limit ?`;

function storedRecord(row: unknown): StoredRecord {
  const { key, value, revision, expires_at } = row as Readonly<Record<string, unknown>>;
  if (typeof key !== "string" || !(value instanceof Uint8Array))
    throw new StorageError("CORRUPT", "A row of perdure_record does not hold a record.");
  const record = {
    key,
    value: new Uint8Array(value.buffer, value.byteOffset, value.byteLength),
    revision: Number(revision),
  };
  return expires_at === null ? record : { ...record, expiresAt: Number(expires_at) };
}
