import { StorageError } from "../../errors.ts";
import type { Partition } from "../partition.ts";

/**
 * Refuses a call of more entries than one write of the engine takes: all or none is what it promises, so it is not split. `own` are the records that it writes whatever the
 * number of its entries.
 */
export function requireRoom(
  { backend: { limits, name } }: Partition,
  verb: string,
  {
    entries,
    records,
    own,
  }: { readonly entries: number; readonly records: number; readonly own: number },
): void {
  const { maxWrites } = limits;
  if (records <= maxWrites || entries === 0) return;
  const fit = Math.max(0, Math.floor(((maxWrites - own) * entries) / (records - own)));
  throw new StorageError(
    "TOO_LARGE",
    `${verb} of ${entries} entries takes ${records} records of one write, and ${name} takes ${maxWrites}: about ${fit} such entries fit in one call; nothing was written.`,
  );
}
