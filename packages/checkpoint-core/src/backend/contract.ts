import type { Notifier } from "./notifier.ts";

/**
 * The contract of a storage engine: four verbs over partitions of records. A backend knows only bytes. It never validates, encodes, dates or makes ids:
 * the stores above it call it correctly or not at all, so an implementation is the four verbs and a table that translates the driver's errors.
 *
 * The nine laws, each of which is at least one case of the conformance kit:
 *
 * 1. A write applies all or nothing, names a key once, and adds one to the partition's revision; every record that it puts carries that revision.
 *    Expectations are tested in list order against the state before the write; the first that fails changes nothing, not even the revision, and its key is in
 *    the `ConflictError`. A write of checks alone leaves the revision as it is, also that of a dropped partition that it would revive; a delete, also of
 *    nothing, does not. A revision of 0 is never that of a record.
 * 2. `append` keys sort in write order, and the caller can build them from the returned revision with `keyAt`. Order never comes from a clock or a random id.
 * 3. A write and a read that follow each other, from any process, see each other. `read` is one instant; so is a page of `scan`.
 * 4. Keys are printable ASCII and sort byte by byte. No two partition names share a partition, and none reaches into another.
 * 5. Time is the caller's: each verb gets `now`. A record whose `expiresAt` is at or before `now` is never returned and counts as absent, whether or not the
 *    engine has removed it. A delete takes it out of the engine also where it counts as absent, so that stores can free what has expired.
 * 6. After `drop` a read finds nothing and a write throws `DeletedError`; `revive: true` starts again on purpose. A drop is tombstone first, then deletion;
 *    calling `drop` again finishes one that was cut short. What never existed leaves no tombstone. Revisions never restart, also not across a drop, which itself
 *    leaves the revision as it is. That the partition was dropped is told before any expectation is tested. A drop that names a record and its revision happens only
 *    while that record has that revision, and is a `ConflictError` otherwise: a drop that comes late ends no other life. What is dropped already is finished either way.
 * 7. A failure is a `StorageError` with a code, `retryable` and the `cause`; never an empty answer. Too much contention is `ContentionError`, not a conflict.
 * 8. A client that was passed in is never closed by the backend; disposing a backend twice is silent. When a disposal has ended no call is under way: each had its answer or its error.
 *    `setup` is safe from 64 cold starts at once; `verify` changes nothing and needs no right to; a schema newer than the code is refused with `IncompatibleError`.
 * 9. A `write` is one round trip where the engine can do it in one.
 */
export interface Backend extends AsyncDisposable {
  /** The engine's name, for messages: `memory`, `sqlite`, `postgres`. */
  readonly name: string;
  readonly limits: BackendLimits;
  /** Tells followers of streams in other processes of writes, where the engine can; it is disposed with the backend. Without it they look by themselves. */
  readonly notifier?: Notifier;
  /**
   * After `create` the engine is ready for the verbs, made so if it was not; `verify` only looks, and throws when it is not ready. Calls may come from many
   * processes at once.
   */
  setup(mode: "create" | "verify"): Promise<void>;
  /** The records under these keys, in their order, all as of one instant; `undefined` where there is none. At most `limits.maxReadKeys` keys. */
  read(
    partition: string,
    keys: readonly string[],
    now: number,
  ): Promise<readonly (StoredRecord | undefined)[]>;
  /** One page of the range, in key order (or in reverse). It may end early; `next` is there exactly when there may be more. */
  scan(partition: string, range: ScanRange, now: number): Promise<Page>;
  /** Applies the batch as law 1 says and returns the partition's revision after it. Throws `ConflictError`, `DeletedError`, `ContentionError` or another `StorageError`. */
  write(partition: string, batch: WriteBatch): Promise<{ readonly revision: number }>;
  /**
   * Deletes the partition and leaves a tombstone with its revision. Doing it again finishes what was cut short; on what never existed it does nothing. With `held` it throws
   * `ConflictError`, and changes nothing, where the partition is not dropped and that record is not there at that revision.
   */
  drop(partition: string, now: number, held?: HeldRecord): Promise<void>;
}

/** A record that a drop is held to. */
export interface HeldRecord {
  readonly key: string;
  readonly revision: number;
}

/** What the engine can hold. The stores refuse what goes beyond with `TOO_LARGE`, before anything is sent. */
export interface BackendLimits {
  /** Bytes of one value. */
  readonly maxValueBytes: number;
  /** Bytes of one key. */
  readonly maxKeyBytes: number;
  /** Entries of one write. */
  readonly maxWrites: number;
  /** Bytes of all keys and values of one write together. */
  readonly maxWriteBytes: number;
  /** Keys of one read. */
  readonly maxReadKeys: number;
}

/** A record as it is stored. `revision` is the partition's revision of the write that put it. */
export interface StoredRecord {
  readonly key: string;
  readonly value: Uint8Array;
  readonly revision: number;
  /** Milliseconds since 1970; from this instant on the record counts as absent. */
  readonly expiresAt?: number;
}

/** What must be true of a record before the write: anything, no record, some record, or a record of exactly this revision. */
export type Expectation = "any" | "absent" | "present" | number;

/** One entry of a write. */
export type Write =
  | {
      readonly op: "put";
      readonly key: string;
      readonly value: Uint8Array;
      readonly expiresAt?: number;
      readonly expect: Expectation;
    }
  /** Puts a record under a new key: `keyAt(prefix, revision of this write, index of this entry in the list)`. */
  | {
      readonly op: "append";
      readonly prefix: string;
      readonly value: Uint8Array;
      readonly expiresAt?: number;
    }
  | { readonly op: "delete"; readonly key: string; readonly expect: Expectation }
  /** Writes nothing, and must hold. */
  | { readonly op: "check"; readonly key: string; readonly expect: Exclude<Expectation, "any"> };

/** Entries applied together. `revive` starts a dropped partition again, and does nothing to one that was not dropped. */
export interface WriteBatch {
  readonly writes: readonly Write[];
  readonly now: number;
  readonly revive?: boolean;
}

/** Keys from `from` (inclusive) to `to` (exclusive), at most `limit` records a page. */
export interface ScanRange {
  readonly from: string;
  readonly to: string;
  readonly reverse?: boolean;
  readonly limit: number;
}

/** A page of a scan. `next` is the `from` of the next page, or its `to` in reverse; without it the range is at its end. */
export interface Page {
  readonly records: readonly StoredRecord[];
  readonly next?: string;
}
