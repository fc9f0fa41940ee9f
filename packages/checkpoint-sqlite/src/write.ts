import { ConflictError, keyAt } from "@perdure/checkpoint-core";
import type { Expectation, HeldRecord, Write, WriteBatch } from "@perdure/checkpoint-core";
import type { Prepare, SqliteValue } from "./client.ts";
import { advanced, found, lookUp, type Standing, wholeNumber } from "./partitions.ts";
import { transaction } from "./transaction.ts";

/** Records that a drop deletes in one transaction: few enough that nobody waits long for the lock. */
export const DROP_RECORDS = 200;

/**
 * Applies a batch in one transaction and returns the partition's revision. Each entry's expectation is part of the statement that writes it, so the list's order is the order of the tests. `last` is
 * where this process left partitions, and is kept up.
 */
export function writeBatch(
  prepare: Prepare,
  last: Standing,
  name: string,
  batch: WriteBatch,
): number {
  const { writes, now } = batch;
  const checksOnly = writes.every((write) => write.op === "check");
  const place = transaction(prepare, checksOnly ? "begin" : "begin immediate", () => {
    const { id, revision } = checksOnly
      ? found(prepare, name, batch)
      : advanced(prepare, last.get(name), name, batch);
    const at = { id, revision, now };
    for (const write of writes)
      if (write.op !== "append" && !applied(prepare, at, write))
        throw new ConflictError(
          `Key ${write.key} of partition ${name} is not ${write.expect}; nothing was written.`,
          { key: write.key },
        );
    // After all the tests, which are against the state before the write, also of a key that is appended here.
    for (const [index, write] of writes.entries())
      if (write.op === "append")
        put(prepare, at, keyAt(write.prefix, revision, index), write, "any");
    return at;
  });
  if (!checksOnly) last.keep(name, place.id, place.revision);
  return place.revision;
}

/** Marks the partition as dropped, if it still holds what the drop is held to. From here on its records are invisible. */
export function entomb(prepare: Prepare, name: string, now: number, held?: HeldRecord): void {
  transaction(prepare, "begin immediate", () => {
    const row = lookUp(prepare, name);
    if (!row || row.dropped) return;
    if (held && !holds(prepare, { ...row, now }, held.key, held.revision))
      throw new ConflictError(
        `Key ${held.key} of partition ${name} is not ${held.revision}; nothing was dropped.`,
        { key: held.key },
      );
    prepare("update perdure_partition set dropped = 1 where id = ?").run(row.id);
  });
}

/** Deletes some of the records of a dropped partition; false when none is left. */
export function deletePiece(prepare: Prepare, name: string): boolean {
  return transaction(prepare, "begin immediate", () => {
    const { changes } = prepare(
      `delete from perdure_record where rowid in (
         select r.rowid from perdure_record r join perdure_partition p on p.id = r.partition
         where p.name = ? and p.dropped = 1 limit ?)`,
    ).run(name, DROP_RECORDS);
    return Number(changes) === DROP_RECORDS;
  });
}

interface Place {
  readonly id: number;
  readonly revision: number;
  readonly now: number;
}

/** Does what the entry says if its expectation holds; false when it does not. */
function applied(
  prepare: Prepare,
  place: Place,
  write: Exclude<Write, { readonly op: "append" }>,
): boolean {
  if (write.op === "put") return put(prepare, place, write.key, write, write.expect);
  if (!holds(prepare, place, write.key, write.expect)) return false;
  if (write.op === "delete")
    prepare("delete from perdure_record where partition = ? and key = ?").run(place.id, write.key);
  return true;
}

const insert =
  "insert into perdure_record (value, revision, expires_at, partition, key) values (?, ?, ?, ?, ?)";
const replace =
  "value = excluded.value, revision = excluded.revision, expires_at = excluded.expires_at";
const update =
  "update perdure_record set value = ?, revision = ?, expires_at = ? where partition = ? and key = ?";

const putAny = `${insert} on conflict (partition, key) do update set ${replace}`;
const putAbsent = `${putAny} where expires_at <= ?`;
const putPresent = `${update} and (expires_at is null or expires_at > ?)`;
const putRevision = `${putPresent} and revision = ?`;

function put(
  prepare: Prepare,
  { id, revision, now }: Place,
  key: string,
  { value, expiresAt = null }: { value: Uint8Array; expiresAt?: number | null },
  expect: Expectation,
): boolean {
  const run = (sql: string, ...rest: SqliteValue[]): boolean =>
    Number(prepare(sql).run(value, revision, expiresAt, id, key, ...rest).changes) === 1;
  if (expect === "any") return run(putAny);
  if (expect === "absent") return run(putAbsent, now);
  return expect === "present" ? run(putPresent, now) : run(putRevision, now, expect);
}

function holds(prepare: Prepare, { id, now }: Place, key: string, expect: Expectation): boolean {
  if (expect === "any") return true;
  const row = prepare(
    `select revision from perdure_record
     where partition = ? and key = ? and (expires_at is null or expires_at > ?)`,
  ).get(id, key, now);
  if (expect === "absent") return row === undefined;
  return row !== undefined && (expect === "present" || wholeNumber(row, "revision") === expect);
}
