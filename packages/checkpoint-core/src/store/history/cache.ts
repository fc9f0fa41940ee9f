import type { Life } from "../life/life.ts";
import type { HistoryHead } from "./record.ts";

/** A history's head as this process last saw it: good for a try without a read, since the write compares its revision. */
export interface CachedHead {
  readonly revision: number;
  readonly head: HistoryHead;
  readonly life: Life;
}

/** Heads by partition, the last used ones. */
export interface HeadCache {
  get(partition: string): CachedHead | undefined;
  set(partition: string, head: CachedHead): void;
  delete(partition: string): void;
}

/** Heads that a process keeps; a few hundred bytes each. */
const MAX_HEADS = 2000;

/** An empty cache. */
export function headCache(): HeadCache {
  const heads = new Map<string, CachedHead>();
  return {
    get: (partition) => heads.get(partition),
    set(partition, head) {
      heads.delete(partition);
      heads.set(partition, head);
      if (heads.size <= MAX_HEADS) return;
      const [oldest] = heads.keys();
      if (oldest !== undefined) heads.delete(oldest);
    },
    delete(partition) {
      heads.delete(partition);
    },
  };
}
