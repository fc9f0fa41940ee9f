import { StorageError } from "@perdure/checkpoint-core";
import type { Names } from "./names.ts";
import { fieldsOf } from "./rows.ts";
import type { Session, Statement } from "./session.ts";

/** What a `setup` saw of the server. */
export interface PostgresServerReport {
  /** `15.4`, as the server says it. */
  readonly version: string;
  /** `synchronous_commit` of these connections, before `durability` raises it. */
  readonly synchronousCommit: string;
  /** Whether the server waits for the disk at all. */
  readonly fsync: boolean;
  readonly fullPageWrites: boolean;
  /** Sentences for people: what may be lost. */
  readonly notes: readonly string[];
}

const look: Statement = {
  text: `select pg_catalog.pg_is_in_recovery() as replica,
      pg_catalog.current_setting('transaction_read_only') as read_only,
      pg_catalog.current_setting('server_version') as version,
      pg_catalog.current_setting('synchronous_commit') as synchronous_commit,
      pg_catalog.current_setting('fsync') as fsync,
      pg_catalog.current_setting('full_page_writes') as full_page_writes,
      (select pg_catalog.count(*) from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = $1 and c.relname = $2) as tables`,
};

/** Looks at the server, and whether there is a table of migrations. Throws for a server that can't keep what is written, or may answer with what was true before. */
export async function lookAt(
  session: Session,
  { schema, prefix }: Names,
): Promise<{ readonly report: PostgresServerReport; readonly migrated: boolean }> {
  const [row] = await session.run(look, [schema, `${prefix}schema`]);
  const server = fieldsOf(row);
  if (server["replica"] === true || server["replica"] === "t")
    throw refused(
      "This Postgres is a replica, which may answer with what was true before: connect to the primary.",
    );
  if (server["read_only"] === "on")
    throw refused(
      "Transactions of this role or database are read-only (`default_transaction_read_only`): nothing can be kept there.",
    );
  const seen = {
    version: String(server["version"]),
    synchronousCommit: String(server["synchronous_commit"]),
    fsync: server["fsync"] === "on",
    fullPageWrites: server["full_page_writes"] === "on",
  };
  return { report: { ...seen, notes: notesOn(seen) }, migrated: Number(server["tables"]) > 0 };
}

function notesOn(seen: Omit<PostgresServerReport, "notes">): readonly string[] {
  const { fsync, fullPageWrites, synchronousCommit } = seen;
  return [
    ...(fsync
      ? []
      : [
          "`fsync` is off: a crash of the machine loses acknowledged writes, or the whole database.",
        ]),
    ...(fullPageWrites
      ? []
      : ["`full_page_writes` is off: a crash of the machine may damage pages of the database."]),
    ...(synchronousCommit === "off"
      ? ['`synchronous_commit` is off: only writes with `durability: "full"` wait for the disk.']
      : []),
  ];
}

function refused(message: string): StorageError {
  return new StorageError("BACKEND", message);
}
