import { createRequire } from "node:module";

/** What all is measured against: better-sqlite3 alone, one table, one row a message, the durability of ours (WAL, `synchronous = full`). */
export interface RawMessages {
  insert(thread: string, body: string): void;
  /** All messages of a thread, parsed. */
  read(thread: string): unknown[];
  close(): void;
}

/** The part of better-sqlite3 that is used here. */
interface Database {
  exec(sql: string): unknown;
  prepare(sql: string): {
    run(...values: readonly string[]): unknown;
    get(): unknown;
    all(...values: readonly string[]): unknown[];
  };
  close(): void;
}

const BetterSqlite3 = createRequire(import.meta.url)("better-sqlite3") as new (
  path: string,
) => Database;

export function rawMessages(path: string): RawMessages {
  const database = new BetterSqlite3(path);
  database.exec("pragma journal_mode = wal; pragma synchronous = full");
  database.exec("create table message (id integer primary key, thread text, body text)");
  database.exec("create index message_thread on message (thread, id)");
  const insert = database.prepare("insert into message (thread, body) values (?, ?)");
  const select = database.prepare("select body from message where thread = ? order by id");
  return {
    insert: (thread, body) => void insert.run(thread, body),
    read: (thread) =>
      select.all(thread).map((row) => JSON.parse((row as { body: string }).body) as unknown),
    close: () => database.close(),
  };
}

/** The bytes that a database file uses, free pages aside, after a checkpoint that truncates its log. */
export function databaseBytes(path: string): number {
  const database = new BetterSqlite3(path);
  database.prepare("pragma wal_checkpoint(truncate)").get();
  const value = (pragma: string): number =>
    Number(Object.values(database.prepare(`pragma ${pragma}`).get() as object)[0]);
  const bytes = (value("page_count") - value("freelist_count")) * value("page_size");
  database.close();
  return bytes;
}
