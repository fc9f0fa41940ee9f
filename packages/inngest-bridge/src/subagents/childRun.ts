import { isStorageError, type Run, type Store } from "@perdure/checkpoint-core";
import { unlessDeleted } from "../deleted.ts";

/** The run of an agent below, for whoever looks from above: none where its thread is gone, or is being deleted, which is no loss of the run above. */
export async function childRun(store: Store, runId: string): Promise<Run | undefined> {
  return unlessDeleted(store.runs.get(runId));
}

/** What is done to a run of an agent below; nothing where that is gone by then. */
export async function unlessGone<T>(done: Promise<T>): Promise<T | undefined> {
  try {
    return await done;
  } catch (error) {
    if (isStorageError(error) && (error.code === "DELETED" || error.code === "NOT_FOUND"))
      return undefined;
    throw error;
  }
}
