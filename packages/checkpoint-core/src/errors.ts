/** What went wrong, as one closed set that programs branch on. {@link StorageError.retryable} says whether the same call may succeed later. */
export type StorageErrorCode =
  | "INVALID_ARGUMENT" // the call itself is wrong: nothing was written
  | "UNSUPPORTED_VALUE" // a value that cannot be kept (a function, a cycle, a class instance): nothing was written
  | "TOO_LARGE" // over a stated bound: nothing was written
  | "CONFLICT" // an expectation did not hold: nothing was written
  | "NOT_FOUND" // what the call names does not exist
  | "FORBIDDEN" // it exists and belongs to another user of the tenant
  | "DELETED" // the partition was dropped, or the thread lives another life
  | "LEASE_LOST" // another run or execution holds the thread now
  | "INCOMPATIBLE" // written by a newer version, or for an agent or tool that is gone
  | "CORRUPT" // what is stored is not what was written
  | "KEY_MISSING" // it was sealed with a key that the store does not have, or the store has none
  | "WRONG_KEY" // the store's key of that id is not the one that it was sealed with
  | "PLAINTEXT" // it is not encrypted, and the store reads only what is
  | "FULL" // the engine has no room: nothing was written, and room can be made
  | "CONTENTION" // too many writers at once; the bound on tries is used up
  | "IN_FLIGHT" // an attempt at the same effect may be under way: nothing was done
  | "NOT_DONE" // a side effect surely did not happen: it may be attempted again
  | "ENDED" // the stream has ended: nothing was written
  | "OUTCOME_UNKNOWN" // the acknowledgement was lost and cannot be found out: look before trying again
  | "UNAVAILABLE" // the engine did not answer, or not in time; the write may have happened
  | "CLOSED" // the store or its client was closed
  | "BACKEND"; // the engine refused for a reason that we do not translate: see `cause`

const retryableCodes: ReadonlySet<StorageErrorCode> = new Set([
  "FULL",
  "CONTENTION",
  "IN_FLIGHT",
  "NOT_DONE",
  "UNAVAILABLE",
]);

/** The options of every error here: what caused it, kept as it came. */
export interface StorageErrorOptions {
  readonly cause?: unknown;
  /** Milliseconds after which the same call is worth another try, where the engine lets that be known. */
  readonly retryAfterMs?: number;
}

/** The base of all errors of Perdure's stores. `retryable` is true when the same call, with the same operation id, may succeed later. */
export class StorageError extends Error {
  override readonly name: string = "StorageError";
  readonly code: StorageErrorCode;
  readonly retryable: boolean;
  /** Milliseconds after which another try is worth it; absent where nobody knows. */
  readonly retryAfterMs?: number;

  constructor(code: StorageErrorCode, message: string, options: StorageErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : {});
    this.code = code;
    this.retryable = retryableCodes.has(code);
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }
}

/** What a failed expectation found. `key` is the first key of the write, in list order, whose expectation did not hold. */
export interface ConflictDetails extends StorageErrorOptions {
  readonly key: string;
}

/** An expectation did not hold, and nothing was written. Not retryable as it is: read again, then decide. */
export class ConflictError extends StorageError {
  override readonly name = "ConflictError";
  /** The key whose expectation failed first, in the order of the write's list. */
  readonly key: string;

  constructor(message: string, details: ConflictDetails) {
    super("CONFLICT", message, details);
    this.key = details.key;
  }
}

/** Too many writers raced for one partition, and the bound on tries is used up. Nothing was written. Retryable. */
export class ContentionError extends StorageError {
  override readonly name = "ContentionError";

  constructor(message: string, options: StorageErrorOptions = {}) {
    super("CONTENTION", message, options);
  }
}

/** The partition was dropped, or the thread that the call means has ended its life. Nothing was written, and no retry helps. */
export class DeletedError extends StorageError {
  override readonly name = "DeletedError";

  constructor(message: string, options: StorageErrorOptions = {}) {
    super("DELETED", message, options);
  }
}

/** Another run or execution holds the thread: nothing was written, and the one that lost it should end quietly. */
export class LeaseLostError extends StorageError {
  override readonly name = "LeaseLostError";

  constructor(message: string, options: StorageErrorOptions = {}) {
    super("LEASE_LOST", message, options);
  }
}

/** Written by a newer version, or for an agent or a tool that is gone: it can be used again after a deploy that knows it. */
export class IncompatibleError extends StorageError {
  override readonly name = "IncompatibleError";

  constructor(message: string, options: StorageErrorOptions = {}) {
    super("INCOMPATIBLE", message, options);
  }
}

/** True for an error of ours, also from another copy of this package or rebuilt after a network: recognised by its code, not by its class. */
export function isStorageError(error: unknown): error is StorageError {
  return (
    error instanceof StorageError ||
    (error instanceof Error &&
      "code" in error &&
      typeof error.code === "string" &&
      "retryable" in error &&
      typeof error.retryable === "boolean")
  );
}
