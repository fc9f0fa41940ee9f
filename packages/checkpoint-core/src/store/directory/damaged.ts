import { isStorageError } from "../../errors.ts";

/** What a record says; `undefined` for a damaged one. One that wants another key is an error: the store was opened with the wrong ones. */
export function unlessDamaged<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (isStorageError(error) && error.code === "CORRUPT") return undefined;
    throw error;
  }
}
