import { ContentionError, isStorageError, StorageError } from "@perdure/checkpoint-core";
import type { StorageErrorCode } from "@perdure/checkpoint-core";

/** A result code: its number, its name, ours. */
type ResultCode = readonly [number, string, StorageErrorCode];

/**
 * SQLite's primary result codes (https://www.sqlite.org/rescode.html): number, name, ours. What is not here is `BACKEND`, and so is a full disk: the transaction
 * was rolled back, so that nothing was written is certain, which an `UNAVAILABLE` would leave open.
 */
export const resultCodes: readonly ResultCode[] = [
  [5, "SQLITE_BUSY", "CONTENTION"],
  [6, "SQLITE_LOCKED", "CONTENTION"],
  [15, "SQLITE_PROTOCOL", "CONTENTION"],
  [7, "SQLITE_NOMEM", "UNAVAILABLE"],
  [10, "SQLITE_IOERR", "UNAVAILABLE"],
  [13, "SQLITE_FULL", "FULL"],
  [14, "SQLITE_CANTOPEN", "UNAVAILABLE"],
  [11, "SQLITE_CORRUPT", "CORRUPT"],
  [26, "SQLITE_NOTADB", "CORRUPT"],
  [18, "SQLITE_TOOBIG", "TOO_LARGE"],
];

/** What a driver says, without a result code, of a connection that was closed. */
const closedMessages: ReadonlySet<string> = new Set([
  "The database connection is not open",
  "database is not open",
  "statement has been finalized",
]);

/** The driver's error as ours, with it as the cause. An error of ours stays as it is. */
export function storageError(error: unknown): StorageError {
  if (isStorageError(error)) return error;
  const result = resultOf(error);
  const code = codeOf(error, result);
  const said = error instanceof Error ? error.message : String(error);
  const message = `SQLite: ${said}${result?.[1] === "SQLITE_FULL" ? "; nothing was written" : ""}.`;
  return code === "CONTENTION"
    ? new ContentionError(message, { cause: error })
    : new StorageError(code, message, { cause: error });
}

/** True when another connection's lock was in the way, so that the same transaction may succeed a moment later. */
export function isBusy(error: unknown): boolean {
  return !isStorageError(error) && codeOf(error, resultOf(error)) === "CONTENTION";
}

function codeOf(error: unknown, result: ResultCode | undefined): StorageErrorCode {
  if (error instanceof Error && closedMessages.has(error.message)) return "CLOSED";
  return result?.[2] ?? "BACKEND";
}

/** better-sqlite3 puts the (extended) name into `code`, `node:sqlite` the (extended) number into `errcode`, whose low byte is the primary one. */
function resultOf(error: unknown): ResultCode | undefined {
  if (!(error instanceof Error)) return undefined;
  const name = "code" in error ? String(error.code) : "";
  const number = "errcode" in error ? Number(error.errcode) & 0xff : undefined;
  return resultCodes.find(
    ([primary, text]) => primary === number || name === text || name.startsWith(`${text}_`),
  );
}
