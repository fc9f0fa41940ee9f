import type { StoreContext } from "../context.ts";
import type { DueReminder, DueWake } from "./contract.ts";
import type { NotedWork } from "./work.ts";

/** How `maintain` does the work of one kind. Tasks run in several processes at once, and after a crash again: each is safe by its own writes. */
export interface Task {
  readonly kind: string;
  /**
   * Does what is noted, in the scope of the note's tenant and for no user. `"done"` ends the note; `"again"` keeps it for a later call: time ran out (`hasTime`), or it is not
   * to be done yet. A task that wants to be called at another time notes that itself and answers `"done"`.
   */
  run(
    context: StoreContext,
    work: NotedWork,
    hasTime: () => boolean,
    report: TaskReport,
  ): Promise<"done" | "again">;
}

/** What a task tells the caller of `maintain`. */
export interface TaskReport {
  /** A run may go on now. */
  wake(wake: DueWake): void;
  /** A reminder is due. */
  reminder(due: DueReminder): void;
}
