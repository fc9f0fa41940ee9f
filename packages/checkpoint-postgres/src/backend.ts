import { type Backend, type BackendLimits, StorageError } from "@perdure/checkpoint-core";
import { placeOf, type Place, type PostgresLocation } from "./location.ts";
import { type Names, namesOf, type PostgresNames } from "./names.ts";
import { readRecords, readStatements, scanPage } from "./read.ts";
import { createSchema, verifySchema } from "./schema.ts";
import { openSession } from "./session.ts";
import { dropPartition, writeBatch, writeStatements } from "./write.ts";

/** How much a write survives. */
export type PostgresDurability = (typeof durabilities)[number];

const durabilities = ["full", "server"] as const;

/** Options of {@link postgresBackend}. */
export type PostgresBackendOptions = PostgresLocation &
  PostgresNames & {
    /**
     * `full` (the default): a write that was acknowledged survives a crash of the server, also where the role's or the database's `synchronous_commit` is off. `server`: it survives what that
     * setting says; off, the last writes may be lost.
     */
    readonly durability?: PostgresDurability | undefined;
    /** Milliseconds for the tries of a call that loses against other transactions, until it throws `ContentionError`. 10,000 when not given. */
    readonly waitMs?: number | undefined;
    /**
     * Whether statements are prepared once for a connection, which saves about a tenth of a write. `true` when not given: where the connections turn out not to keep them, as behind pgbouncer in
     * transaction mode, they are no longer prepared. `false` does not try.
     */
    readonly prepare?: boolean | undefined;
  };

/** The names of the options of {@link postgresBackend}; every other one is the store's. */
export const backendOptions: ReadonlySet<string> = new Set([
  "url",
  "pool",
  "pglite",
  "max",
  "connectMs",
  "schema",
  "tablePrefix",
  "durability",
  "waitMs",
  "prepare",
]);

const limits: BackendLimits = {
  maxValueBytes: 16 * 1024 * 1024,
  maxKeyBytes: 1024,
  maxWrites: 1000,
  maxWriteBytes: 64 * 1024 * 1024,
  maxReadKeys: 1000,
};

/**
 * A backend in a schema of a Postgres database, which any number of processes may use at once. The server is not asked before the first use: one that cannot be reached is told by `setup`, or by
 * the first verb. Throws `INVALID_ARGUMENT` for options that cannot be, or that nobody knows.
 */
export function postgresBackend(options: PostgresBackendOptions): Backend {
  const { place, names, durable, waitMs, prepare } = checked(options);
  const session = openSession(place, { prepare, waitMs });
  const reads = readStatements(names);
  const writes = writeStatements(names);
  return {
    name: "postgres",
    limits,
    setup: (mode) => (mode === "verify" ? verifySchema : createSchema)(session, names),
    read: (name, keys, now) => readRecords(session, reads, name, keys, now),
    scan: (name, range, now) => scanPage(session, reads, name, range, now),
    async write(name, batch) {
      return { revision: await writeBatch(session, writes, name, batch, durable) };
    },
    drop: (name, now, held) => dropPartition(session, writes, name, now, held),
    [Symbol.asyncDispose]: () => session.close(),
  };
}

/** What the options say. */
function checked({
  durability = "full",
  waitMs = 10_000,
  prepare = true,
  schema,
  tablePrefix,
  ...location
}: PostgresBackendOptions): {
  readonly place: Place;
  readonly names: Names;
  readonly durable: boolean;
  readonly waitMs: number;
  readonly prepare: boolean;
} {
  const unknown = Object.keys(location).find((key) => !backendOptions.has(key));
  if (unknown !== undefined) throw invalid(`The Postgres backend has no option \`${unknown}\`.`);
  if (!durabilities.includes(durability))
    throw invalid(`\`durability\` is ${durabilities.join(" or ")}.`);
  if (!Number.isFinite(waitMs) || waitMs < 0)
    throw invalid("`waitMs` is a number of milliseconds, 0 or more.");
  if (typeof prepare !== "boolean") throw invalid("`prepare` is true or false.");
  const { place, asked } = placeOf(location);
  const twice = Object.entries({ schema, tablePrefix }).find(
    ([name, given]) => given !== undefined && Object.hasOwn(asked, name),
  );
  if (twice) throw invalid(`\`${twice[0]}\` is given twice: as an option and in the URL.`);
  const names = namesOf({ schema, tablePrefix, ...asked });
  return { place, names, durable: durability === "full", waitMs, prepare };
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
