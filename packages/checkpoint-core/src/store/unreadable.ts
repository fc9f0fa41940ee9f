import { isStorageError, type StorageError, type StorageErrorCode } from "../errors.ts";

/** What a list leads to and cannot show, because a record is damaged or wants another key: told on the page where it would stand, and in the way of nothing else there. */
export interface Unreadable {
  /** The thread, where it is known: an entry of the list that cannot be read may not say. */
  readonly threadId?: string;
  /** Of a list of runs: the run, where it is known. */
  readonly runId?: string;
  /** Of a list of approvals: the approval, where it is known. */
  readonly approvalId?: string;
  /** `CORRUPT`, `INCOMPATIBLE`, `TOO_LARGE`, `KEY_MISSING`, `WRONG_KEY` or `PLAINTEXT`. */
  readonly code: StorageErrorCode;
  /** Which record it is, and what to do. */
  readonly message: string;
}

const codes: ReadonlySet<string> = new Set([
  "CORRUPT",
  "INCOMPATIBLE",
  "TOO_LARGE",
  "KEY_MISSING",
  "WRONG_KEY",
  "PLAINTEXT",
] satisfies StorageErrorCode[]);

/** True for an error of a record that this store cannot read, however often it tries. */
export function isOfRecord(error: unknown): error is StorageError {
  return isStorageError(error) && codes.has(error.code);
}

/** What is read; the error where the record cannot be. Any other failure is thrown. */
export function readOrError<T>(
  read: () => T,
):
  | { readonly read: T; readonly error?: undefined }
  | { readonly read?: undefined; readonly error: StorageError } {
  try {
    return { read: read() };
  } catch (error) {
    if (isOfRecord(error)) return { error };
    throw error;
  }
}

/** What a page shows, and what it tells of the rest: nothing where all of it could be read. */
export function apart<T extends object>(
  found: readonly (T | Unreadable)[],
): { readonly shown: T[]; readonly told: { readonly unreadable?: readonly Unreadable[] } } {
  const unread = found.filter((one) => isUnread(one));
  return {
    shown: found.filter((one): one is T => !isUnread(one)),
    told: unread.length > 0 ? { unreadable: unread } : {},
  };
}

function isUnread(one: object): one is Unreadable {
  return "code" in one && "message" in one;
}

/** What a page says of it. */
export function unreadable(
  { code, message }: StorageError,
  names: Pick<Unreadable, "threadId" | "runId" | "approvalId">,
): Unreadable {
  return { ...names, code, message };
}
