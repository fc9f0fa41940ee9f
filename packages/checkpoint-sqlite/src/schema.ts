import { IncompatibleError, StorageError } from "@perdure/checkpoint-core";
import type { Prepare, SqliteClient } from "./client.ts";
import { transaction } from "./transaction.ts";

/**
 * The steps from an empty file to the newest schema: appended, never edited. A partition's name stands in one row only, and its records carry that row's number.
 * Records lie in a rowid table with a unique index, because large values in a table without rowids cost several times their bytes.
 */
export const migrations: readonly string[] = [
  `create table perdure_partition (
     id integer primary key,
     name text not null unique,
     revision integer not null,
     dropped integer not null
   );
   create table perdure_record (
     partition integer not null,
     key text not null,
     value blob not null,
     revision integer not null,
     expires_at integer
   );
   create unique index perdure_record_key on perdure_record (partition, key);`,
];

/** Brings the file to the newest schema. Safe from many processes at once: the first that gets the writers' lock does the work. */
export function createSchema(client: SqliteClient, prepare: Prepare): void {
  if (schemaVersion(prepare) === migrations.length) return;
  useWriteAheadLog(prepare);
  transaction(prepare, "begin immediate", () => {
    client.exec("create table if not exists perdure_schema (version integer not null)");
    for (const sql of migrations.slice(schemaVersion(prepare))) client.exec(sql);
    client.exec("delete from perdure_schema");
    prepare("insert into perdure_schema (version) values (?)").run(migrations.length);
  });
}

/** Throws unless the file has the newest schema. Writes nothing. */
export function verifySchema(prepare: Prepare): void {
  const version = schemaVersion(prepare);
  if (version < migrations.length)
    throw new StorageError(
      "NOT_FOUND",
      `The SQLite file has version ${version} of the schema, and ${migrations.length} is needed: run setup.`,
    );
}

/** The schema's version in the file, 0 where there is none. Throws `IncompatibleError` for one that this code does not know. */
function schemaVersion(prepare: Prepare): number {
  const table = prepare("select 1 from sqlite_master where type = 'table' and name = ?");
  if (table.get("perdure_schema") === undefined) return 0;
  const row = prepare("select max(version) as version from perdure_schema").get();
  const version = Number((row as { readonly version: unknown }).version);
  if (version > migrations.length)
    throw new IncompatibleError(
      `The SQLite file has version ${version} of the schema; this package knows ${migrations.length}.`,
    );
  return version;
}

/** The mode is kept in the file. A database in memory has none, and says so; that is all right. */
function useWriteAheadLog(prepare: Prepare): void {
  prepare("pragma journal_mode = wal").get();
}
