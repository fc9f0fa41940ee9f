import { approvalTasks } from "./decisions/tasks.ts";
import { forkTask } from "./checkpoints/forkMark.ts";
import { sweepTasks } from "./upkeep/sweeps.ts";
import { eraseTask } from "./erase.ts";
import { sweepPiecesTask } from "./upkeep/pieces.ts";
import { streamTask } from "./streams/expire.ts";
import { reminderTask } from "./reminders/task.ts";
import { dropTask } from "./threads/delete.ts";
import { operationRecordsTask } from "./maintenance/operation-records.ts";
import { operationsTask } from "./upkeep/operations.ts";
import type { Task } from "./maintenance/task.ts";

/** What `maintain` can do. */
export const tasks: readonly Task[] = [
  ...sweepTasks,
  operationsTask,
  operationRecordsTask,
  ...approvalTasks,
  reminderTask,
  sweepPiecesTask,
  dropTask,
  eraseTask,
  streamTask,
  forkTask,
];
