import type { Page, ScanRange, StoredRecord } from "@perdure/checkpoint-core";
import { textArray } from "./arrays.ts";
import type { Names } from "./names.ts";
import { storedRecord } from "./rows.ts";
import { type Session, type Statement, statement } from "./session.ts";

/** Value bytes after which a page ends early. */
export const PAGE_BYTES: number = 4 * 1024 * 1024;

/** The statements that read under these names. */
export interface ReadStatements {
  readonly read: Statement;
  readonly scanUp: Statement;
  readonly scanDown: Statement;
}

/** Values come as base64, which is shorter than what Postgres makes of bytes by itself, and the same whatever `bytea_output` says. */
export function readStatements({ qualified }: Names): ReadStatements {
  const live = `${qualified("primary")}() and partition = (
      select id from ${qualified("partition")} where name = $1 and not dropped)`;
  const columns = "key, pg_catalog.encode(value, 'base64') as value, revision, expires_at";
  // The bytes before a row are known from the sizes alone: values that do not fit the page are not read.
  const scan = (order: string): Statement =>
    statement(
      `select ${columns} from (
         select key, value, revision, expires_at, pg_catalog.octet_length(value) as bytes,
           pg_catalog.sum(pg_catalog.octet_length(value)) over (order by key ${order} rows unbounded preceding) as total
         from ${qualified("record")}
         where ${live} and key >= $2 and key < $3 and (expires_at is null or expires_at > $4)
         order by key ${order} limit $5) page
       where total - bytes < ${PAGE_BYTES} order by key ${order}`,
    );
  return {
    read: statement(
      `select ${columns} from ${qualified("record")}
       where ${live} and key = any ($2) and (expires_at is null or expires_at > $3)`,
    ),
    scanUp: scan("asc"),
    scanDown: scan("desc"),
  };
}

/** The records under the keys, as of one instant: one statement. */
export async function readRecords(
  session: Session,
  { read }: ReadStatements,
  name: string,
  keys: readonly string[],
  now: number,
): Promise<(StoredRecord | undefined)[]> {
  const rows = await session.run(read, [name, textArray(keys), now]);
  const records = new Map(rows.map(storedRecord).map((record) => [record.key, record]));
  return keys.map((key) => records.get(key));
}

/** One page of the range: one statement, so one instant. A page whose values go beyond {@link PAGE_BYTES} ends with the one that does. */
export async function scanPage(
  session: Session,
  { scanUp, scanDown }: ReadStatements,
  name: string,
  { from, to, limit, reverse = false }: ScanRange,
  now: number,
): Promise<Page> {
  const what = reverse ? scanDown : scanUp;
  const records = (await session.run(what, [name, from, to, now, limit + 1])).map(storedRecord);
  const more = records.length > limit ? records.pop() : undefined;
  const last = records.at(-1);
  if (!last) return { records };
  if (more) return { records, next: reverse ? last.key : more.key };
  const bytes = records.reduce((sum, { value }) => sum + value.byteLength, 0);
  // The first key after the last one, since a key has no sign below the space.
  return bytes < PAGE_BYTES ? { records } : { records, next: reverse ? last.key : `${last.key} ` };
}
