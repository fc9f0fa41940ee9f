import { StorageError } from "@perdure/checkpoint-core";
import type { PgliteClient, PostgresPool } from "./client.ts";

/** Where the database is: a server by its URL, whose connections we open and close, or a pool or a PGlite that is the caller's and stays open. */
export type PostgresLocation = PostgresUrl | PostgresPooled | PostgresEmbedded;

/** A server by its URL, as node-postgres reads it: `postgres://user:password@host:5432/database?sslmode=verify-full`. Needs the package `pg`. */
export interface PostgresUrl {
  /** Its query may hold the parameters that node-postgres knows, and our `schema` and `tablePrefix`. */
  readonly url: string;
  /** Connections at most; 10 when not given. */
  readonly max?: number | undefined;
  /** Milliseconds until a connection that does not come is given up; 10,000 when not given. */
  readonly connectMs?: number | undefined;
  readonly pool?: undefined;
  readonly pglite?: undefined;
}

/** A pool of node-postgres, or one that is used alike. It is never closed here. */
export interface PostgresPooled {
  readonly pool: PostgresPool;
  readonly url?: undefined;
  readonly pglite?: undefined;
}

/** A PGlite: Postgres inside this process. It is never closed here. */
export interface PostgresEmbedded {
  readonly pglite: PgliteClient;
  readonly url?: undefined;
  readonly pool?: undefined;
}

/** Milliseconds until a connection that does not come is given up. */
export const CONNECT_MS = 10_000;

/** A location that was checked. */
export type Place =
  | Pick<PostgresPooled, "pool">
  | Pick<PostgresEmbedded, "pglite">
  | {
      readonly url: string;
      readonly max: number;
      readonly connectMs: number;
    };

/** What a location says: the place, and the names that its URL asks for. Throws `INVALID_ARGUMENT` where it says no place, or one that cannot be. */
export function placeOf(location: PostgresLocation): {
  readonly place: Place;
  readonly asked: Asked;
} {
  const { url, pool, pglite } = location;
  if ([url, pool, pglite].filter((given) => given !== undefined).length !== 1)
    throw invalid("A Postgres store has one place: a `url`, a `pool` or a `pglite`.");
  const { max, connectMs } = location as Partial<PostgresUrl>;
  if (url === undefined && (max !== undefined || connectMs !== undefined))
    throw invalid("`max` and `connectMs` are for a `url`: a pool has its own.");
  if (pool !== undefined) {
    if (!has(pool, "query")) throw invalid("`pool` is no pool of node-postgres.");
    return { place: { pool }, asked: {} };
  }
  if (pglite !== undefined) {
    if (!has(pglite, "query") || !has(pglite, "exec")) throw invalid("`pglite` is no PGlite.");
    return { place: { pglite }, asked: {} };
  }
  return placeOfUrl(url, max, connectMs);
}

function placeOfUrl(
  url: unknown,
  max: unknown = 10,
  connectMs: unknown = CONNECT_MS,
): ReturnType<typeof placeOf> {
  if (typeof max !== "number" || !Number.isSafeInteger(max) || max < 1)
    throw invalid("`max` is a number of connections, 1 or more.");
  if (typeof connectMs !== "number" || !Number.isSafeInteger(connectMs) || connectMs < 1)
    throw invalid("`connectMs` is a whole number of milliseconds, 1 or more.");
  const { href, asked } = serverOf(url, "url");
  return { place: { url: href, max, connectMs }, asked };
}

/** What a URL asks for beside the server. */
export interface Asked {
  readonly schema?: string;
  readonly tablePrefix?: string;
  /** `false` where it says that a pgbouncer stands before the server. */
  readonly prepare?: false;
}

/**
 * The URL of a server, and what else it asks for. Throws `INVALID_ARGUMENT` for what is none, or has a parameter that nobody knows: nothing that is asked for is silently left out. The message
 * never shows the URL, which may hold a password.
 */
export function serverOf(
  url: unknown,
  option: string,
): { readonly href: string; readonly asked: Asked } {
  const parsed = parsedUrl(url, option);
  const { schema, tablePrefix, pgbouncer } = Object.fromEntries(parsed.searchParams);
  if (pgbouncer !== undefined && pgbouncer !== "true" && pgbouncer !== "false")
    throw invalid(`\`pgbouncer\` in the query of \`${option}\` is true or false.`);
  for (const name of ours) parsed.searchParams.delete(name);
  return {
    href: parsed.href,
    asked: {
      ...(schema === undefined ? {} : { schema }),
      ...(tablePrefix === undefined ? {} : { tablePrefix }),
      ...(pgbouncer === "true" ? { prepare: false } : {}),
    },
  };
}

function parsedUrl(url: unknown, option: string): URL {
  const parsed = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !["postgres:", "postgresql:"].includes(parsed.protocol))
    throw invalid(`\`${option}\` is no URL that begins with postgres://.`);
  const names = [...parsed.searchParams.keys()];
  const unknown = names.find((name) => !driverParameters.has(name) && !ours.has(name));
  if (unknown !== undefined)
    throw invalid(`The query of \`${option}\` has ${JSON.stringify(unknown)}, which nobody knows.`);
  const doubled = names.find((name, index) => names.indexOf(name) < index);
  if (doubled !== undefined) throw invalid(`The query of \`${option}\` has ${doubled} twice.`);
  return parsed;
}

/** What may stand in the query of a URL and is ours; `pgbouncer` is Prisma's, and means the same here. */
const ours: ReadonlySet<string> = new Set(["schema", "tablePrefix", "pgbouncer"]);

/** What node-postgres reads there, and `channel_binding`. */
const driverParameters: ReadonlySet<string> = new Set([
  "application_name",
  "channel_binding",
  "fallback_application_name",
  "host",
  "idle_in_transaction_session_timeout",
  "lock_timeout",
  "options",
  "port",
  "query_timeout",
  "ssl",
  "sslcert",
  "sslkey",
  "sslmode",
  "sslnegotiation",
  "sslrootcert",
  "statement_timeout",
  "uselibpqcompat",
]);

function has(value: unknown, method: string): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Readonly<Record<string, unknown>>)[method] === "function"
  );
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
