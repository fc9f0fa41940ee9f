import type { UserChange } from "../../codec/change.ts";
import type { OperationOptions } from "../operation.ts";

/** Options of a write of a checkpoint. */
export interface PutOptions extends OperationOptions {
  /** The id that must be the head for the write to happen (`null`: none may be there); otherwise `ConflictError`. */
  readonly expectedHead?: string | null | undefined;
  /** The checkpoint that this one follows; the head when not given. */
  readonly parentId?: string | undefined;
  /** Small data kept beside the state, readable without decoding it. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Milliseconds from now until the checkpoint is no longer answered. */
  readonly ttlMs?: number | undefined;
  /**
   * The caller's own id for it, which is answered in place of the store's and taken by every verb. Given again with the same state it answers the same checkpoint; with another state, while that
   * one can be seen and under no operation id that is known, it is a `ConflictError`.
   */
  readonly id?: string | undefined;
}

/** Options of an append: a change on a parent, which must be the head unless `branch` is set. */
export interface AppendOptions extends Omit<PutOptions, "parentId"> {
  readonly parentId: string;
  readonly changes: readonly UserChange[];
  /** Allows a parent that is not the head. The new checkpoint becomes the head. */
  readonly branch?: boolean | undefined;
}

/** A checkpoint without its state. */
export interface CheckpointRecord {
  readonly id: string;
  readonly threadId: string;
  readonly parentId: string | null;
  /** When it was written, by the writer's clock. Orders nothing. */
  readonly createdAt: Date;
  /** The state's own `version` where it has a whole number there, else 0. */
  readonly agentSnapshotVersion: number;
  /** Bytes of the whole state's encoded text. */
  readonly sizeBytes: number;
  readonly expiresAt?: Date;
  /** The run that wrote it in a commit, and the thread's life at that time. */
  readonly run?: { readonly id: string; readonly life: number };
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** The checkpoint of another thread that this one was forked from. */
  readonly forkedFrom?: { readonly threadId: string; readonly checkpointId: string };
  /** Set where what is stored cannot be read: the other fields but `id` say nothing then. Asking for its state throws this code; it can be deleted, unless what is missing is a key. */
  readonly damaged?: CheckpointDamage;
}

/** Why a checkpoint cannot be read: its bytes are not what was written, or of a newer version; or this store has not the key for it. */
export type CheckpointDamage =
  | "CORRUPT"
  | "INCOMPATIBLE"
  | "KEY_MISSING"
  | "WRONG_KEY"
  | "PLAINTEXT";

/** A small value kept beside a checkpoint. */
export interface Attachment {
  readonly key: string;
  readonly value: unknown;
}

/** Options of `attach`. */
export interface AttachOptions extends OperationOptions {
  /** Keeps the value that stands under the key already. Without it the new one takes its place. */
  readonly ifAbsent?: boolean | undefined;
}

/** Saved agent states of threads. The last one written is the head, whatever the clocks say. */
export interface Checkpointer {
  /** The whole state is stored under a new id, which is returned, and is the head. Refuses what cannot be kept before anything is written. */
  put(threadId: string, state: unknown, options?: PutOptions): Promise<string>;
  /** The parent's state with the changes applied is stored under a new id and is the head; only the changes are sent. */
  append(threadId: string, options: AppendOptions): Promise<string>;
  /** The state of a checkpoint (the head without an id), as a copy of the caller's own; `null` where there is none. */
  get<S = unknown>(threadId: string, checkpointId?: string): Promise<S | null>;
  /** The checkpoint without its state. */
  record(threadId: string, checkpointId?: string): Promise<CheckpointRecord | null>;
  /** The newest first, never decoding a state. `limit` is 100 when not given; `before` is an id. */
  list(
    threadId: string,
    options?: { readonly limit?: number | undefined; readonly before?: string | undefined },
  ): Promise<CheckpointRecord[]>;
  /**
   * A new thread of the scope's user holds the checkpoint, whole, with its metadata and what is kept beside it, and the history as it was when the checkpoint was written (entries that were
   * rewritten since as they are now). Answers the new checkpoint's id; its record says where it was forked from. Nothing of the copy is seen before all of it; cut short, the same call goes on with
   * it. The same checkpoint forked to the same thread again answers the first id. Throws `NOT_FOUND` for a checkpoint that cannot be seen, `ConflictError` where the new thread has checkpoints or
   * a history of its own.
   */
  fork(
    threadId: string,
    checkpointId: string,
    newThreadId: string,
    options?: OperationOptions,
  ): Promise<string>;
  /**
   * The value stands under the key beside the checkpoint, and goes with it. At most 1 MiB of text. Throws `NOT_FOUND` for a checkpoint that cannot be seen. It moves no head
   * and does not disturb puts.
   */
  attach(
    threadId: string,
    checkpointId: string,
    key: string,
    value: unknown,
    options?: AttachOptions,
  ): Promise<void>;
  /** What is kept beside a checkpoint, in the order of the keys' UTF-16 units. Throws `NOT_FOUND` for a checkpoint that cannot be seen. */
  attachments(threadId: string, checkpointId: string): Promise<readonly Attachment[]>;
  /** One checkpoint, or all of the thread, are no longer answered. Silent when there is none. A retry under its operation id deletes nothing that was written since; where there was no thread, nothing is remembered. */
  delete(
    threadId: string,
    checkpointId?: string,
    options?: { readonly operationId?: string | undefined },
  ): Promise<void>;
}
