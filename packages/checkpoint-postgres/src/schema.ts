import { IncompatibleError, StorageError } from "@perdure/checkpoint-core";
import { migrations, migrationScript } from "./migrations.ts";
import { type Names, namesOf, quotedRole, type PostgresNames } from "./names.ts";
import { fieldsOf } from "./rows.ts";
import { lookAt, type PostgresServerReport } from "./server.ts";
import type { Session, Statement } from "./session.ts";
import { textArray } from "./arrays.ts";

/** Gets what a setup saw of the server. */
export type Reported = (server: PostgresServerReport) => void;

/**
 * Brings the database to the newest schema. Looks first, and makes nothing where nothing lacks, so a role that may make nothing does once somebody has set up. Safe from many processes at once.
 */
export async function createSchema(
  session: Session,
  names: Names,
  reported?: Reported,
): Promise<void> {
  if ((await versionOf(session, names, reported)) < migrations.length)
    await migrate(session, names);
  await requireRights(session, names);
}

/** Throws unless the database has the newest schema and the role may use it. Changes nothing. */
export async function verifySchema(
  session: Session,
  names: Names,
  reported?: Reported,
): Promise<void> {
  const version = await versionOf(session, names, reported);
  if (version < migrations.length)
    throw new StorageError(
      "NOT_FOUND",
      `Schema ${names.schema} has version ${version} of Perdure's tables, and ${migrations.length} is needed: run setup.`,
    );
  await requireRights(session, names);
}

/** In a transaction that began before others had set up, what they have made is in the way and cannot be seen; then it is looked at again. */
async function migrate(session: Session, names: Names): Promise<void> {
  try {
    await session.run({ text: migrationScript(names) });
  } catch (error) {
    if ((await versionOf(session, names)) < migrations.length) throw error;
  }
}

/** The schema's version in the database, 0 where there is none. Throws `IncompatibleError` for one that this code does not know. */
async function versionOf(
  session: Session,
  names: Names,
  reported: Reported = () => undefined,
): Promise<number> {
  const { report, migrated } = await lookAt(session, names);
  reported(report);
  if (!migrated) return 0;
  const [row] = await session.run({
    text: `select pg_catalog.max(version) as version from ${names.qualified("schema")}`,
  });
  const version = Number(fieldsOf(row)["version"]);
  if (version > migrations.length)
    throw new IncompatibleError(
      `Schema ${names.schema} has version ${version} of Perdure's tables; this package knows ${migrations.length}.`,
    );
  return version;
}

const tables = ["partition", "record"] as const;
const functions = ["write", "writes", "entomb", "sweep", "read", "scan_up", "scan_down"] as const;

/** What the role may not: rights on the schema, the tables and the functions. */
const rights: Statement = {
  text: `with own as (select oid from pg_catalog.pg_namespace where nspname = $1)
     select 'usage on schema ' || $1 as lacking from own
       where not pg_catalog.has_schema_privilege(own.oid, 'usage')
     union all
     select privilege || ' on ' || name from own
       cross join pg_catalog.unnest($2::text[]) name
       cross join pg_catalog.unnest('{select,insert,update,delete}'::text[]) privilege
       left join pg_catalog.pg_class c on c.relnamespace = own.oid and c.relname = name
       where pg_catalog.has_table_privilege(c.oid, privilege) is not true
     union all
     select 'execute on function ' || name from own
       cross join pg_catalog.unnest($3::text[]) name
       left join pg_catalog.pg_proc p on p.pronamespace = own.oid and p.proname = name
       where pg_catalog.has_function_privilege(p.oid, 'execute') is not true
     union all
     select 'to see all rows (row level security) of ' || name from own
       cross join pg_catalog.unnest($2::text[]) name
       join pg_catalog.pg_class c on c.relnamespace = own.oid and c.relname = name
       where pg_catalog.row_security_active(c.oid)`,
};

/** Throws where the role lacks a right that the verbs need, naming it; or where row security hides records from it. */
async function requireRights(session: Session, { schema, prefix }: Names): Promise<void> {
  const rows = await session.run(rights, [
    schema,
    textArray(tables.map((name) => prefix + name)),
    textArray(functions.map((name) => prefix + name)),
  ]);
  if (rows.length === 0) return;
  const lacking = rows.map((row) => String(fieldsOf(row)["lacking"])).join(", ");
  throw new StorageError(
    "BACKEND",
    `This role lacks in schema ${schema}: ${lacking}. See \`postgresSchema\` for the grants.`,
  );
}

/** What {@link postgresSchema} prints. */
export interface PostgresSchemaOptions extends PostgresNames {
  /** The role that the store will connect as: its grants are part of what is printed. */
  readonly role?: string | undefined;
}

/**
 * The SQL that `setup("create")` runs, and what a role needs to be granted, to be run by somebody who may: with psql, or as a migration. It may be run again. A store of that role then
 * makes nothing. Throws `INVALID_ARGUMENT` for names that cannot be, or for options that nobody knows.
 */
export function postgresSchema(options: PostgresSchemaOptions = {}): string {
  const { role, schema, tablePrefix, ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new StorageError("INVALID_ARGUMENT", `\`postgresSchema\` has no option \`${unknown}\`.`);
  const names = namesOf({ schema, tablePrefix });
  const script = `${migrationScript(names)};\n`;
  if (role === undefined) return script;
  const to = quotedRole(role);
  return `${script}
grant usage on schema ${names.quotedSchema} to ${to};
grant select on ${names.qualified("schema")} to ${to};
grant select, insert, update, delete on ${tables.map((name) => names.qualified(name)).join(", ")} to ${to};
grant execute on function ${functions.map((name) => names.qualified(name)).join(", ")} to ${to};
`;
}
