import type { OperationOptions } from "../operation.ts";

/** An event of a stream. */
export interface StreamEvent<T = unknown> {
  /** Its place: the first is 0, and no number is left out. What a reader has seen up to here, it goes on from `index + 1`. */
  readonly index: number;
  readonly value: T;
}

/** Events in their order, and where to go on. */
export interface StreamPage<T = unknown> {
  readonly events: readonly StreamEvent<T>[];
  /** The index to read from next. */
  readonly next: number;
  /** True when the stream has ended and nothing is to come from `next` on. */
  readonly ended: boolean;
}

/** A stream as it stands. */
export interface StreamInfo {
  readonly id: string;
  /** The thread that it belongs to and is deleted with. */
  readonly threadId?: string;
  /** The user whose it is, where it belongs to no thread. */
  readonly owner?: string;
  /** How many events it has had: the index of the next one. */
  readonly next: number;
  readonly ended: boolean;
  readonly createdAt: Date;
  /** When it is gone, unless it is written to before; none for one that is kept. */
  readonly expiresAt?: Date;
}

/** Whose stream it is and how long it is kept. */
export interface StreamOptions {
  /**
   * The thread that the stream belongs to: whose owner may read it, and with which it is deleted. Said by the first write; a later one may leave it out. Without one the
   * stream belongs to the scope. A thread that is not there yet is made.
   */
  readonly threadId?: string | undefined;
  /** The thread's life that the writer means: another one is `DELETED`. Given with a thread. */
  readonly life?: number | undefined;
  /** How long the stream is kept after its last write, in milliseconds, from this write on, at most a hundred years. Without one as the write before said, or as long as its thread. */
  readonly ttlMs?: number | undefined;
}

/** Where the events of an append stand. */
export interface StreamAppendResult {
  /** The index of the first of them. */
  readonly first: number;
  /** The index behind the last of them. */
  readonly next: number;
  /** True when nothing was written, because this operation had been before. */
  readonly replayed: boolean;
}

/** Event streams of one scope: written by one or many, read and followed by any number, in any process. */
export interface StreamStore {
  /**
   * The events stand at the end of the stream, all or none, in one write. A retry with the same operation id answers the first place; without one a retry after a lost
   * acknowledgement may write them twice. `ENDED` after the end, `DELETED` when the stream has expired or its thread is gone, `TOO_LARGE` where one write of the
   * engine cannot hold them.
   */
  append(
    streamId: string,
    events: readonly unknown[],
    options?: StreamOptions & OperationOptions,
  ): Promise<StreamAppendResult>;
  /**
   * Up to `limit` events (100 when not given) from an index on (0 when not given), fewer where they are large: the page after them begins at `next`. A stream that nobody has written to has none. `DELETED` for one that has expired.
   */
  read<T = unknown>(streamId: string, from?: number, limit?: number): Promise<StreamPage<T>>;
  /**
   * Every event from the index on, each once and in order, until the stream ends or `signal` is aborted; then the iteration is over and nothing is left waiting. A stream
   * that nobody has written to yet is waited for, and a follower that waits keeps its process alive. Rejects with `DELETED` when the stream expires or its thread is deleted, and with
   * what the engine reports when it fails: follow again from the next index.
   */
  follow<T = unknown>(
    streamId: string,
    from?: number,
    signal?: AbortSignal,
  ): AsyncIterableIterator<StreamEvent<T>>;
  /** Nothing is written to the stream any more, and its followers finish. Ending it again changes nothing. */
  end(streamId: string, options?: StreamOptions): Promise<StreamInfo>;
  /** The stream as it stands; `undefined` where nobody has written to it. `DELETED` for one that has expired. */
  get(streamId: string): Promise<StreamInfo | undefined>;
}
