import { createRequire } from "node:module";
import { join } from "node:path";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import { sqliteBackend } from "@perdure/checkpoint-sqlite";
import { type Engine, NOTE, type Raw, type Space } from "./engine.ts";

/** The part of better-sqlite3 that is used here. */
interface Database {
  exec(sql: string): unknown;
  prepare(sql: string): {
    run(...values: readonly string[]): unknown;
    get(...values: readonly string[]): unknown;
    all(...values: readonly string[]): unknown[];
  };
  close(): void;
}

const BetterSqlite3 = createRequire(import.meta.url)("better-sqlite3") as new (
  path: string,
) => Database;

/** SQLite files in the folder, all of them in WAL mode with `synchronous = full`. */
export function sqliteEngine(folder: string, driver?: "node:sqlite"): Engine {
  const opened = new AsyncDisposableStack();
  let spaces = 0;
  return {
    name: driver ?? "SQLite",
    durability: "WAL, synchronous = full",
    space: async () => {
      spaces += 1;
      return sqliteSpace(join(folder, `${driver?.replace(":", "-") ?? "space"}-${spaces}.db`), {
        opened,
        driver,
      });
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function sqliteSpace(
  path: string,
  { opened, driver }: { opened: AsyncDisposableStack; driver: "node:sqlite" | undefined },
): Space {
  const open = (): Database => {
    const database = opened.adopt(new BetterSqlite3(path), async (it) => it.close());
    database.exec("pragma journal_mode = wal; pragma synchronous = full");
    return database;
  };
  return {
    backend: () => opened.use(sqliteBackend({ path, ...(driver === undefined ? {} : { driver }) })),
    raw: async () => rawSqlite(open()),
    langGraph: async () => new SqliteSaver(open()),
    bytes: async () => databaseBytes(path),
  };
}

function rawSqlite(database: Database): Raw {
  database.exec("create table message (id integer primary key, thread text, body text)");
  database.exec("create index message_thread on message (thread, id)");
  database.exec("create table whole (thread text primary key, body text)");
  database.exec("create table newest (thread text primary key, note text) without rowid");
  database.exec(
    "create table operation (thread text, id text, note text, primary key (thread, id)) without rowid",
  );
  const insert = database.prepare("insert into message (thread, body) values (?, ?)");
  const select = database.prepare("select body from message where thread = ? order by id");
  const save = database.prepare(
    "insert into whole values (?, ?) on conflict (thread) do update set body = excluded.body",
  );
  const load = database.prepare("select body from whole where thread = ?");
  const [begin, commit] = [database.prepare("begin immediate"), database.prepare("commit")];
  const replace = database.prepare(
    "insert into newest values (?, ?) on conflict (thread) do update set note = excluded.note",
  );
  const keep = database.prepare("insert into operation values (?, ?, ?)");
  return {
    insert: (thread, body) => void insert.run(thread, body),
    insertOnce(thread, body, operation) {
      begin.run();
      insert.run(thread, body);
      replace.run(thread, NOTE);
      keep.run(thread, operation, NOTE);
      commit.run();
    },
    read: async (thread) => select.all(thread).map(parsed),
    save: (thread, body) => void save.run(thread, body),
    load: async (thread) => parsed(load.get(thread)),
  };
}

function parsed(row: unknown): unknown {
  return JSON.parse((row as { body: string }).body);
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
