import { ContentionError, isStorageError, StorageError } from "@perdure/checkpoint-core";
import type { StorageErrorCode } from "@perdure/checkpoint-core";

/** An SQLSTATE or a class of them (its first two characters), its name, our code, and what to do about it where that is not plain. */
type State = readonly [string, string, StorageErrorCode, string?];

const setItUp = "Run `setup`, or give this role the statements of `postgresSchema`";

/**
 * Postgres' error codes (https://www.postgresql.org/docs/current/errcodes-appendix.html): the first row that fits counts, and what fits none is `BACKEND`. All but class 08 and the shutdowns
 * are told by a server that has rolled back: nothing was written.
 */
export const states: readonly State[] = [
  ["40001", "serialization_failure", "CONTENTION"],
  ["40P01", "deadlock_detected", "CONTENTION"],
  ["55P03", "lock_not_available", "CONTENTION"],
  ["57014", "query_canceled", "UNAVAILABLE"],
  ["57P01", "admin_shutdown", "UNAVAILABLE"],
  ["57P02", "crash_shutdown", "UNAVAILABLE"],
  ["57P03", "cannot_connect_now", "UNAVAILABLE"],
  ["57P05", "idle_session_timeout", "UNAVAILABLE"],
  [
    "25P02",
    "in_failed_sql_transaction",
    "UNAVAILABLE",
    "This connection was given back while a transaction on it had failed: somebody has to roll it back",
  ],
  ["25P03", "idle_in_transaction_session_timeout", "UNAVAILABLE"],
  ["25P04", "transaction_timeout", "UNAVAILABLE"],
  ["08", "connection_exception", "UNAVAILABLE"],
  ["53100", "disk_full", "FULL"],
  ["53", "insufficient_resources", "UNAVAILABLE"],
  ["58030", "io_error", "UNAVAILABLE"],
  ["XX001", "data_corrupted", "CORRUPT"],
  ["XX002", "index_corrupted", "CORRUPT"],
  ["54000", "program_limit_exceeded", "TOO_LARGE"],
  ["28", "invalid_authorization_specification", "BACKEND", "Look at user and password"],
  ["3D000", "invalid_catalog_name", "NOT_FOUND", "Make the database first"],
  ["42501", "insufficient_privilege", "BACKEND", setItUp],
  ["42P01", "undefined_table", "BACKEND", setItUp],
  ["42883", "undefined_function", "BACKEND", setItUp],
  ["3F000", "invalid_schema_name", "BACKEND", setItUp],
  [
    "25006",
    "read_only_sql_transaction",
    "BACKEND",
    "This is a replica, or `default_transaction_read_only` is on: connect to the primary",
  ],
];

/** What Node and pg say, by `code`, when a server was not reached or was lost. */
const lostCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "ENOTFOUND",
  "ENOENT",
  "EAI_AGAIN",
  "EADDRNOTAVAIL",
  "EMFILE",
]);

/** What pg and pg-pool say without a code when a connection was lost or could not be had in time. */
const lostMessages: readonly RegExp[] = [
  /^Connection terminated/,
  /^Client has encountered a connection error/,
  /^Client was closed and is not queryable/,
  /^Query read timeout/,
  /^timeout e(?:xpired|xceeded when trying to connect)/,
];

const closedMessages: readonly RegExp[] = [
  /^Cannot use a pool after calling end on the pool/,
  /^PGlite is clos(?:ed|ing)/,
];

/** The driver's error as ours, with it as the cause. An error of ours stays as it is. */
export function storageError(error: unknown): StorageError {
  if (isStorageError(error)) return error;
  const state = stateOf(error);
  const code = state?.[2] ?? codeOf(error);
  const advice = state?.[3];
  const message = `Postgres: ${said(error)}.${advice === undefined ? "" : ` ${advice}.`}`;
  return code === "CONTENTION"
    ? new ContentionError(message, { cause: error })
    : new StorageError(code, message, { cause: error });
}

/** True when the transaction lost against another one and was rolled back, so that the same one may succeed a moment later. */
export function isLostRace(error: unknown): boolean {
  const code = sqlState(error);
  return code === "40001" || code === "40P01";
}

/** True for an error of ours behind which a server's is that has rolled back: nothing was written. */
export function isRolledBack(error: unknown): boolean {
  const state = error instanceof Error ? sqlState(error.cause) : undefined;
  return state !== undefined && !state.startsWith("08") && !state.startsWith("57P");
}

/**
 * True when the prepared statement was not there, or there already: the connection to the server was not the one that prepared it, as behind pgbouncer in transaction mode. Nothing was
 * executed.
 */
export function isLostStatement(error: unknown): boolean {
  const code = sqlState(error);
  return code === "26000" || code === "42P05";
}

function stateOf(error: unknown): State | undefined {
  const code = sqlState(error);
  return code === undefined ? undefined : states.find(([state]) => code.startsWith(state));
}

/** The five characters that a server's error carries. */
function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || isStorageError(error) || !("code" in error)) return undefined;
  return typeof error.code === "string" && /^[0-9A-Z]{5}$/.test(error.code)
    ? error.code
    : undefined;
}

function codeOf(error: unknown): StorageErrorCode {
  if (!(error instanceof Error)) return "BACKEND";
  if (closedMessages.some((pattern) => pattern.test(error.message))) return "CLOSED";
  const lost =
    ("code" in error && typeof error.code === "string" && lostCodes.has(error.code)) ||
    lostMessages.some((pattern) => pattern.test(error.message));
  return lost ? "UNAVAILABLE" : "BACKEND";
}

/** A connection that every address of a host has refused is an `AggregateError` without a message. */
function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (error.message || String("code" in error ? error.code : error.name)).replace(/\.$/, "");
}
