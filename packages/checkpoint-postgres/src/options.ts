import { StorageError } from "@perdure/checkpoint-core";
import { type Place, placeOf, type PostgresLocation, serverOf } from "./location.ts";
import type { PostgresServerReport } from "./server.ts";
import { type Names, namesOf, type PostgresNames } from "./names.ts";

/** How much a write survives. */
export type PostgresDurability = (typeof durabilities)[number];

const durabilities = ["full", "server"] as const;

/** Options of `postgresBackend`. */
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
    /**
     * A URL that leads to the server itself, past any pgbouncer: by it followers of streams in other processes are woken at once (`listen` and `notify`), on one more connection for each process
     * that follows. Without it they look by themselves, at least once a second. Needs the package `pg`.
     */
    readonly listenUrl?: string | undefined;
    /** Called by each `setup` with what it saw of the server: its version, what it does for durability, and notes for people. */
    readonly report?: ((server: PostgresServerReport) => void) | undefined;
  };

/** The names of the options of `postgresBackend`; every other one is the store's. */
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
  "listenUrl",
  "report",
]);

/** Options that were checked. */
export interface Checked {
  readonly place: Place;
  readonly names: Names;
  readonly durable: boolean;
  readonly waitMs: number;
  readonly prepare: boolean;
  readonly listenUrl: string | undefined;
  readonly report: ((server: PostgresServerReport) => void) | undefined;
}

/** What the options say. Throws `INVALID_ARGUMENT` for what cannot be, or what nobody knows. */
export function checkedOptions(options: PostgresBackendOptions): Checked {
  const { durability, waitMs, prepare, listenUrl, report, schema, tablePrefix, ...location } =
    options;
  const unknown = Object.keys(location).find((key) => !backendOptions.has(key));
  if (unknown !== undefined) throw invalid(`The Postgres backend has no option \`${unknown}\`.`);
  if (report !== undefined && typeof report !== "function")
    throw invalid("`report` is a function that gets what setup saw.");
  const { place, asked } = placeOf(location);
  return {
    place,
    names: namesOf({
      schema: once("schema", schema, asked.schema),
      tablePrefix: once("tablePrefix", tablePrefix, asked.tablePrefix),
    }),
    ...behaviour({ durability, waitMs, prepare: prepare ?? asked.prepare }),
    listenUrl: listenUrl === undefined ? undefined : serverOf(listenUrl, "listenUrl").href,
    report,
  };
}

function behaviour({
  durability = "full",
  waitMs = 10_000,
  prepare = true,
}: Pick<PostgresBackendOptions, "durability" | "waitMs" | "prepare">): Pick<
  Checked,
  "durable" | "waitMs" | "prepare"
> {
  if (!durabilities.includes(durability))
    throw invalid(`\`durability\` is ${durabilities.join(" or ")}.`);
  if (!Number.isFinite(waitMs) || waitMs < 0)
    throw invalid("`waitMs` is a number of milliseconds, 0 or more.");
  if (typeof prepare !== "boolean") throw invalid("`prepare` is true or false.");
  return { durable: durability === "full", waitMs, prepare };
}

function once(
  name: string,
  option: string | undefined,
  asked: string | undefined,
): string | undefined {
  if (option !== undefined && asked !== undefined)
    throw invalid(`\`${name}\` is given twice: as an option and in the URL.`);
  return option ?? asked;
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
