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
  /** When its history was last written, by the writer's clock; `createdAt` before that. */
  readonly lastActivityAt: Date;
}

/** What a thread starts with. */
export interface ThreadOptions {
  readonly title?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** The threads of a scope. */
export interface ThreadStore {
  /** The thread exists and is returned; one that was there already is returned as it is. Another user's is `FORBIDDEN`. */
  create(threadId: string, options?: ThreadOptions): Promise<Thread>;
  /** The thread, or `undefined`. Another user's is `FORBIDDEN`, another tenant's is not there. */
  get(threadId: string): Promise<Thread | undefined>;
}
