import { prefixRange } from "../../backend/keys.ts";
import { ENTRIES } from "../history/record.ts";
import type { Partition } from "../partition.ts";
import { scanned } from "./places.ts";

/** Where the history of a thread ended when it was written at some revision. */
export interface HistoryEnds {
  /** The cursor of the last entry that was not written later; empty where there is none. */
  at(revision: number): string;
}

/** Reads the places of all entries: some 50 bytes of memory for each. */
export async function historyEnds(thread: Partition, now: number): Promise<HistoryEnds> {
  const cursors: string[] = [];
  /** The lowest revision from each entry on: it only rises, so that the last entry of at most some revision is found by halving. */
  const lowest: number[] = [];
  for await (const { key, revision } of scanned(thread, prefixRange(ENTRIES), now, {
    partial: true,
  })) {
    cursors.push(key.slice(ENTRIES.length));
    lowest.push(revision);
  }
  for (let index = lowest.length - 2; index >= 0; index -= 1)
    lowest[index] = Math.min(lowest[index] ?? 0, lowest[index + 1] ?? 0);
  return {
    at(revision) {
      let low = 0;
      let high = lowest.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((lowest[middle] ?? Infinity) <= revision) low = middle + 1;
        else high = middle;
      }
      return cursors[low - 1] ?? "";
    },
  };
}
