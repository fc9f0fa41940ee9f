import type { Unreadable } from "../unreadable.ts";
import type { OperationOptions } from "../operation.ts";

/** A conversation or task. */
export interface Thread {
  readonly id: string;
  /** Names this life of the thread: another creation after a deletion has another. Events carry it. */
  readonly life: number;
  /** The user whose scope created it; none for one that was created without a user. */
  readonly owner?: string;
  readonly title?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  /** Entries in its history. */
  readonly messageCount: number;
  /** When its history or its checkpoints were last written, by the writer's clock; `createdAt` before that. */
  readonly lastActivityAt: Date;
}

/** What a thread starts with. */
export interface ThreadOptions {
  /** At most 4,096 UTF-16 units. */
  readonly title?: string | undefined;
  /** At most 64 KiB of text. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** What is to be said of a thread from now on, within the bounds of {@link ThreadOptions}: what is not given stays as it is, `null` takes it away, and metadata take the place of all that were there. */
export interface ThreadUpdate {
  readonly title?: string | null | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | null | undefined;
}

/** Which part of a list is wanted. */
export interface ThreadRange {
  /** Threads of one page: 50 when not given, at most 200. */
  readonly limit?: number | undefined;
  /** The `cursor` of the page before; the first page where there is none. */
  readonly cursor?: string | undefined;
}

/** One page of a list. */
export interface ThreadPage {
  readonly threads: readonly Thread[];
  /** What stands here and cannot be read; there exactly when there is some. It counts for the limit. */
  readonly unreadable?: readonly Unreadable[];
  /** Where the next page begins; there is none at the end. */
  readonly cursor?: string;
}

/** How to delete a thread. */
export interface ThreadDeletion {
  /** Its memories go too. False when not given. */
  readonly memory?: boolean | undefined;
  /** A retry with the same one deletes no later life of the thread. */
  readonly operationId?: string | undefined;
  /** The life that is meant (`Thread.life`): a thread that is in another one by now stays as it is. */
  readonly life?: number | undefined;
  /** Done before anything is deleted, by each call that deletes the life that is meant; not where the thread is in another one by now. What it throws is the call's error, and nothing is deleted. */
  readonly ahead?: (() => Promise<void>) | undefined;
}

/** The threads of a scope. */
export interface ThreadStore {
  /** The thread exists and is returned; one that was there already is returned as it is. One that was deleted begins another life. Another user's is `FORBIDDEN`. */
  create(threadId: string, options?: ThreadOptions): Promise<Thread>;
  /** The thread, or `undefined`. Another user's is `FORBIDDEN`, another tenant's is not there. */
  get(threadId: string): Promise<Thread | undefined>;
  /**
   * The threads of the scope: the user's own, or all of the tenant where the scope names no user. Newest first: each page in the order of last activity, exactly; the pages among
   * themselves by the directory, which is exact to a minute. A thread that nobody writes to meanwhile is in one page, once; one that is written to moves to the front.
   */
  list(range?: ThreadRange): Promise<ThreadPage>;
  /** The thread as it is then. Its life and last activity stay as they are. `NOT_FOUND` where there is none. */
  update(threadId: string, update: ThreadUpdate, options?: OperationOptions): Promise<Thread>;
  /**
   * The thread is gone, with its checkpoints, history, approvals, runs and effects, and with the streams and other partitions that belong to it; late writers get `DELETED`, and
   * `create` begins another life. Silent where there is none; another user's is `FORBIDDEN`. What a crash leaves undone `maintain` finishes; while it is under way the thread's reads
   * may throw `DELETED`.
   */
  delete(threadId: string, options?: ThreadDeletion): Promise<void>;
}
