import { isNewer, type Standing } from "./standing.ts";

/** Partitions that a process remembers. Each takes about as much as its own item, 1 KiB. */
const MOST = 2000;

/** How partitions stood when they were last read or written here. It only saves reads: each write expects what it goes by, and a refusal is never told from it alone. */
export interface Known {
  get(partition: string): Standing | undefined;
  /** Keeps the later of two readings. */
  keep(partition: string, standing: Standing): void;
  forget(partition: string): void;
}

export function known(): Known {
  const standings = new Map<string, Standing>();
  return {
    get(partition) {
      const standing = standings.get(partition);
      if (standing) {
        standings.delete(partition);
        standings.set(partition, standing);
      }
      return standing;
    },
    keep(partition, standing) {
      const before = standings.get(partition);
      if (before && isNewer(before, standing)) return;
      standings.delete(partition);
      standings.set(partition, standing);
      const [oldest] = standings.keys();
      if (standings.size > MOST && oldest !== undefined) standings.delete(oldest);
    },
    forget(partition) {
      standings.delete(partition);
    },
  };
}
