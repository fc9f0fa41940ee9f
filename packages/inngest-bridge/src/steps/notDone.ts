import { isStorageError } from "@perdure/checkpoint-core";

/** Whether an error, or what caused it, says that an effect surely did not happen. */
export function saysNotDone(error: unknown): boolean {
  if (isStorageError(error) && error.code === "NOT_DONE") return true;
  return error instanceof Error && error.cause !== undefined && saysNotDone(error.cause);
}
