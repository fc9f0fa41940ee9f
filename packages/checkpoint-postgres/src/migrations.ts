import { entombFunction, readFunction, scanFunction, sweepFunction } from "./functions.ts";
import type { Names } from "./names.ts";
import { writeFunction, writesFunction } from "./writeFunction.ts";

/** The statements that lead from one version of the schema to the next. */
type Migration = (names: Names) => readonly string[];

/**
 * The steps from an empty schema to the newest: appended, never edited. A partition's name stands in one row only, and its records carry that row's number. Pages of partitions are half empty,
 * because a partition's revision is replaced by each write, which then touches no index. Values are kept as they come: the store above has compressed them.
 */
export const migrations: readonly Migration[] = [
  (names) => [
    `create table ${names.qualified("partition")} (
    id bigint generated always as identity,
    revision bigint not null,
    dropped boolean not null,
    name text collate "C" primary key
  ) with (fillfactor = 50)`,
    `create table ${names.qualified("record")} (
    partition bigint not null,
    revision bigint not null,
    expires_at bigint,
    value bytea not null,
    key text collate "C" not null,
    primary key (partition, key)
  )`,
    `alter table ${names.qualified("record")} alter column value set storage external`,
    writeFunction(names),
    entombFunction(names),
    sweepFunction(names),
    readFunction(names),
    scanFunction(names, "up"),
    scanFunction(names, "down"),
  ],
  // Writes with fewer statements, and several at once.
  (names) => [
    writeFunction(names).replace("create function", "create or replace function"),
    writesFunction(names),
  ],
];

/**
 * One statement that brings a schema to the newest version, whatever it has, and does nothing where that is there. An advisory lock is held meanwhile, so that of many at once one does the
 * work.
 */
export function migrationScript(names: Names): string {
  const version = names.qualified("schema");
  const steps = migrations.map(
    (statements, index) => `  if v_version < ${index + 1} then
  ${statements(names).join(";\n  ")};
  insert into ${version} (version) values (${index + 1});
  end if;`,
  );
  return `do $perdure$
declare
  v_version integer;
  v_path constant text := current_setting('search_path');
begin
  perform pg_catalog.pg_advisory_xact_lock(${names.lock});
  perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  if not exists (select from pg_namespace where nspname = ${literal(names.schema)}) then
    create schema ${names.quotedSchema};
  end if;
  if not exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = ${literal(names.schema)} and c.relname = ${literal(`${names.prefix}schema`)}) then
    create table ${version} (version integer primary key);
  end if;
  select coalesce(max(version), 0) into v_version from ${version};
${steps.join("\n")}
  perform set_config('search_path', v_path, true);
end
$perdure$`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
