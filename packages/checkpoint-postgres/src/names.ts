import { createHash } from "node:crypto";
import { StorageError } from "@perdure/checkpoint-core";

/** Where the tables stand. */
export interface PostgresNames {
  /** The schema that holds the tables and functions; `perdure` when not given. It is made when it is not there. */
  readonly schema?: string | undefined;
  /** What the names of tables and functions begin with; `perdure_` when not given. */
  readonly tablePrefix?: string | undefined;
}

/** The names of all that is ours in a database, quoted where SQL is to hold them. */
export interface Names {
  readonly schema: string;
  readonly prefix: string;
  /** `"perdure"` */
  readonly quotedSchema: string;
  /** `"perdure"."perdure_record"` */
  readonly qualified: (name: string) => string;
  /** Of the advisory lock that a setup holds. */
  readonly lock: string;
  /** Of notifications. */
  readonly channel: string;
}

/** The longest name of Postgres, in bytes; a prefix leaves room for what follows it. */
const MAX_NAME_BYTES = 63;
const MAX_PREFIX_BYTES = 40;

/** The names under a schema and a prefix; `INVALID_ARGUMENT` for what Postgres would cut or refuse. */
export function namesOf({ schema = "perdure", tablePrefix = "perdure_" }: PostgresNames): Names {
  checkName("schema", schema, MAX_NAME_BYTES);
  if (schema === "") throw invalid("`schema` is empty.");
  if (/^pg_/i.test(schema) || schema.toLowerCase() === "information_schema")
    throw invalid(`\`schema\` ${JSON.stringify(schema)} is one of Postgres' own.`);
  checkName("tablePrefix", tablePrefix, MAX_PREFIX_BYTES);
  const digest = createHash("sha256")
    .update(JSON.stringify([schema, tablePrefix]))
    .digest();
  return {
    schema,
    prefix: tablePrefix,
    quotedSchema: quoted(schema),
    qualified: (name) => `${quoted(schema)}.${quoted(tablePrefix + name)}`,
    lock: digest.readBigInt64BE().toString(),
    channel: `perdure_${digest.toString("hex", 0, 16)}`,
  };
}

/** The name of a role, quoted; `INVALID_ARGUMENT` for one that cannot be. */
export function quotedRole(role: string): string {
  checkName("role", role, MAX_NAME_BYTES);
  return quoted(role);
}

function checkName(option: string, name: unknown, most: number): void {
  if (typeof name !== "string") throw invalid(`\`${option}\` is a string.`);
  // A dollar sign could end the quotes of a function, a backslash is an escape where a server says so.
  if (/[\0$\\]/.test(name) || !name.isWellFormed())
    throw invalid(
      `\`${option}\` holds a sign that no name here can hold: NUL, $, a backslash or half a pair.`,
    );
  if (Buffer.byteLength(name) > most) throw invalid(`\`${option}\` is longer than ${most} bytes.`);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
