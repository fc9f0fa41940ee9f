/** A run that may go on now, with what its wake-up event must carry. Doubled, late or for nothing, a wake-up is harmless; a lost one is found by whoever looks for ready runs. */
export interface DueWake {
  readonly runId: string;
  readonly threadId: string;
  /** The thread's life. */
  readonly life: number;
  readonly tenant?: string;
}

/** A reminder that is due and waits: told by `maintain` again and again until somebody ends it. */
export interface DueReminder {
  readonly threadId: string;
  readonly id: string;
  readonly life: number;
  readonly value: unknown;
  readonly tenant?: string;
}

/** What one call of `maintain` did. */
export interface MaintenanceReport {
  /** Pieces of work that were finished, by kind. */
  readonly done: Readonly<Record<string, number>>;
  /** Pieces of work that failed, or whose note cannot be read, and that stay noted: the next call tries them again. */
  readonly failed: readonly { readonly kind: string; readonly error: unknown }[];
  /** The runs that waited for what has expired: maintenance sends no events, so whoever calls it wakes them. */
  readonly wakes: readonly DueWake[];
  /** The reminders that are due: whoever calls it carries them out, and ends them. */
  readonly reminders: readonly DueReminder[];
  /** True when the time ran out before everything that was due had been looked at. */
  readonly more: boolean;
}
