import { StorageError } from "../../errors.ts";

/** Refuses what is no list of entries. A message that is given as it is, without `value` around it, would be kept as nothing. */
export function checkEntries(entries: unknown): void {
  if (!Array.isArray(entries) || !entries.every(hasValue))
    throw new StorageError(
      "INVALID_ARGUMENT",
      "Entries are a list of { id, value }: a message stands in `value`.",
    );
}

function hasValue(entry: unknown): boolean {
  return typeof entry === "object" && entry !== null && "value" in entry;
}
