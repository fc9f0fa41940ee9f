import type { StorageError } from "../../errors.ts";
import type { Lease } from "../lease/lease.ts";
import type { OperationOptions } from "../operation.ts";

/** An entry to be written. Without an id it gets one made from the operation id; one of the two must be there, or a retry would double it. */
export interface NewEntry<T = unknown> {
  readonly id?: string | undefined;
  readonly value: T;
}

/** An entry that is to stand under its id. */
export interface UpsertEntry<T = unknown> extends NewEntry<T> {
  readonly id: string;
  /**
   * The `revision` of the entry that the caller saw, or `null` where it saw none of this id: if another one stands there now, or none, the call is a `ConflictError`, and none of its entries is
   * written. Without it whatever stands there is overwritten.
   */
  readonly expectedRevision?: number | null | undefined;
}

/** An entry as it is stored. */
export interface HistoryEntry<T = unknown> {
  readonly id: string;
  readonly value: T;
  /** When it was first written, by the writer's clock. Orders nothing. */
  readonly createdAt: Date;
  /** Its place in the thread: sorts as text in write order, and goes into `after`, `before` and `upTo`. */
  readonly cursor: string;
  /** Which write it comes from: another one once the entry was rewritten, and never the same again in this thread. Goes into `expectedRevision`. */
  readonly revision: number;
}

/** Which entries to read. Without bounds: all of them. */
export interface HistoryRange {
  /** The last n of the range. */
  readonly limit?: number | undefined;
  /** Only entries behind this cursor. */
  readonly after?: string | undefined;
  /** Only entries ahead of this cursor. */
  readonly before?: string | undefined;
  /** Only entries up to this cursor, itself included. */
  readonly upTo?: string | undefined;
  /** Stops before the bytes of the last ones, as they are before compression, exceed this; at least one entry is answered. */
  readonly maxBytes?: number | undefined;
  /**
   * Is told the place of each entry that cannot be read (`CORRUPT`, `INCOMPATIBLE`, or without its key), which is then left out; it counts in `limit` and `maxBytes`. Without it such an
   * entry ends the read with that error, which names the place, and `before` and `after` read around it.
   */
  readonly onDamaged?: ((cursor: string, error: StorageError) => void) | undefined;
}

/** How a change of written entries is named and held. */
export interface RewriteOptions extends OperationOptions {
  /** Names the rewrite: a retry changes nothing and gets the first answer. Of one that found no thread, and nothing to do, nothing is remembered. */
  readonly operationId?: string | undefined;
  /** The holder's lease: checked by the write (`LEASE_LOST`), which moves its pulse. Without one a thread that a run has is a `ConflictError`. */
  readonly lease?: Lease | undefined;
}

/** How a replacement is named and held. */
export interface ReplaceOptions extends RewriteOptions {
  /** How many entries the caller saw in the range. */
  readonly expected: number;
  /** The greatest `revision` among them: with it the range is held to what they were, not to their number alone. */
  readonly expectedRevision?: number | undefined;
  /** What a strict call is compared by in place of the range and what was seen there: for a caller who finds the range by looking, and would find another one in a retry. */
  readonly payload?: unknown;
}

/** How an update is named and held. */
export type UpdateOptions = Omit<RewriteOptions, "strict">;

/** What an append wrote, or what an earlier one with the same operation id had written. */
export interface AppendResult {
  readonly ids: readonly string[];
  readonly cursors: readonly string[];
  /** True when nothing was written, because this operation had been before. */
  readonly replayed: boolean;
}

/** The entries of a thread, in write order. */
export interface HistoryStore {
  /**
   * The entries stand at the end of the thread, all or none. An entry whose own id is there already is kept as it is stored and not written again: its place
   * is answered. Content is never identity: equal messages are two entries. An entry without an id in a call without an operation id is refused.
   */
  append(
    threadId: string,
    entries: readonly NewEntry[],
    options?: OperationOptions,
  ): Promise<AppendResult>;
  /** Each entry stands where the entry of its id stood, with the new value and the date of the old one, or at the end where there was none. */
  upsert(
    threadId: string,
    entries: readonly UpsertEntry[],
    options?: RewriteOptions,
  ): Promise<AppendResult>;
  /**
   * The entry of this id holds what `change` has made of its value, and is answered as it is now. Nobody else's write lies between what `change` was given and what was written: it is called
   * again, with what stands there by then, when somebody was faster, so it may do nothing but answer. Nothing is written where it answers `undefined`, or where there is no such entry:
   * then the answer is `undefined`.
   *
   * A retry under the same operation id changes nothing more, and answers the entry as it stands; of an update that wrote nothing nothing is remembered.
   */
  update<T = unknown>(
    threadId: string,
    id: string,
    change: (value: T, entry: HistoryEntry<T>) => T | undefined,
    options?: UpdateOptions,
  ): Promise<HistoryEntry<T> | undefined>;
  /**
   * The entries of the range (`from` and `to` cursors, both included; the ends of the thread when not given) are replaced by these, in their place and at one instant,
   * however long the range is. `expected` is the number of entries that the caller saw there; another number is a `ConflictError`, and so is an entry that was rewritten behind
   * `expectedRevision`. With no new entries they are removed.
   */
  replace(
    threadId: string,
    range: { readonly from?: string | undefined; readonly to?: string | undefined },
    entries: readonly NewEntry[],
    options: ReplaceOptions,
  ): Promise<AppendResult>;
  /** The entry of this id; `undefined` where there is none. Throws `CORRUPT` for one that cannot be read. */
  get<T = unknown>(threadId: string, id: string): Promise<HistoryEntry<T> | undefined>;
  /** Entries in write order. */
  read<T = unknown>(threadId: string, range?: HistoryRange): Promise<HistoryEntry<T>[]>;
  /** How many entries there are. */
  count(threadId: string): Promise<number>;
  /** No entry is left. */
  clear(threadId: string, options?: RewriteOptions): Promise<void>;
}
