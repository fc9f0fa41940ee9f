import type { Page, ScanRange, StoredRecord } from "@perdure/checkpoint-core";
import { textArray } from "./arrays.ts";
import { PAGE_BYTES } from "./functions.ts";
import type { Names } from "./names.ts";
import { storedRecord } from "./rows.ts";
import { type Session, type Statement, statement } from "./session.ts";

/** The statements that read under these names. */
export interface ReadStatements {
  readonly read: Statement;
  readonly scanUp: Statement;
  readonly scanDown: Statement;
}

export function readStatements({ qualified }: Names): ReadStatements {
  const scan = (order: string): Statement =>
    statement(`select * from ${qualified(`scan_${order}`)}($1, $2, $3, $4, $5)`);
  return {
    read: statement(`select * from ${qualified("read")}($1, $2, $3)`),
    scanUp: scan("up"),
    scanDown: scan("down"),
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
