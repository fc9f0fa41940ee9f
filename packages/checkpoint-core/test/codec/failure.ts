import { StorageError } from "../../src/errors.ts";

/** The error that `run` throws, which must be one of ours. */
export function failureOf(run: () => unknown): StorageError {
  try {
    run();
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
  throw new Error("Nothing was thrown.");
}

export function codeOf(run: () => unknown): string {
  return failureOf(run).code;
}
