/** Where a reminder stands. It leaves `waiting` once. */
export type ReminderStatus = "waiting" | "done" | "cancelled";

/** Something that is to happen on a thread at a time, and is gone with the thread. */
export interface Reminder {
  /** The caller's, within the thread. */
  readonly id: string;
  readonly threadId: string;
  /** The thread's life. */
  readonly life: number;
  /** When it is due. */
  readonly at: Date;
  /** What is to happen, as the caller knows it. */
  readonly value: unknown;
  readonly status: ReminderStatus;
  /** Why it was cancelled, where that was said. */
  readonly reason?: string;
  readonly revision: number;
}

/** What is to happen on threads later. A store sends no events: whoever calls `maintain` carries out what it tells. */
export interface ReminderStore {
  /**
   * The reminder is noted; the first of an id stands in its thread, also when it is over. `NOT_FOUND` where there is no such thread.
   */
  set(
    threadId: string,
    reminder: { readonly id: string; readonly at: Date; readonly value: unknown },
  ): Promise<{ readonly reminder: Reminder; readonly replayed: boolean }>;
  /** The reminder, or `undefined`. */
  get(threadId: string, id: string): Promise<Reminder | undefined>;
  /** Those of a thread, in no order that means anything. */
  list(threadId: string): Promise<readonly Reminder[]>;
  /** It is done, or called off: the first end stands, and `counted` says whether it is this one. `NOT_FOUND` where there is none; another life than `life`: `DeletedError`. */
  end(
    threadId: string,
    id: string,
    end: {
      readonly status: "done" | "cancelled";
      readonly reason?: string | undefined;
      readonly life?: number | undefined;
    },
  ): Promise<{ readonly reminder: Reminder; readonly counted: boolean }>;
}
