import { isStorageError } from "@perdure/checkpoint-core";

/** What is read; `undefined` where its thread is being deleted: nothing of it goes on, and what looks after others goes on with those. */
export async function unlessDeleted<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (isStorageError(error) && error.code === "DELETED") return undefined;
    throw error;
  }
}
