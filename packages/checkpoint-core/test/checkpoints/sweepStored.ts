import { prefixRange } from "../../src/backend/keys.ts";
import type { Backend } from "../../src/index.ts";
import {
  decodeCheckpoint,
  decodeExceptions,
  decodeHead,
  EXCEPTIONS,
  HEAD,
} from "../../src/store/checkpoints/schema.ts";
import { storeContext } from "../../src/store/context.ts";
import type { Partition } from "../../src/store/partition.ts";

const DAY = 24 * 60 * 60 * 1000;

/** What is wrong with what is stored of a thread, beside what can be seen of it. */
export interface Leavings {
  /** Ordinals that are stored, and that nobody needs. */
  readonly unneeded: readonly number[];
  /** Ordinals that can be seen, and that are not stored. */
  readonly missing: readonly number[];
  /** Ordinals that the exceptions still name as deleted. */
  readonly named: readonly number[];
  /** How many checkpoints are stored. */
  readonly stored: number;
}

/**
 * Compares the records themselves, by a scan of the backend, with what can be seen: what is needed is that, the segment of the oldest one shown up to it, and that of each pinned
 * one up to it. After a whole sweep nothing else is there.
 */
export async function leavings(
  backend: Backend,
  threadId: string,
  seen: { readonly visible: readonly number[]; readonly pinned: readonly number[]; now: number },
): Promise<Leavings> {
  const partition = partitionOf(backend, threadId, seen.now);
  const starts = await storedStarts(partition, seen.now);
  const pinned = new Set(seen.pinned);
  const oldest = Math.min(...seen.visible.filter((ordinal) => !pinned.has(ordinal)));
  const ranges = [...pinned, oldest].map((to) => ({ from: starts.get(to) ?? to, to }));
  const isNeeded = (ordinal: number): boolean =>
    seen.visible.includes(ordinal) ||
    ranges.some(({ from, to }) => from <= ordinal && ordinal <= to);
  const record = (await partition.read([EXCEPTIONS], seen.now)).get(EXCEPTIONS);
  return {
    unneeded: [...starts.keys()].filter((ordinal) => !isNeeded(ordinal)),
    missing: seen.visible.filter((ordinal) => !starts.has(ordinal)),
    named: record ? decodeExceptions(record).deleted : [],
    stored: starts.size,
  };
}

/** How many checkpoints were put in this life of the thread: what its head record says. Two orders of what was done at once may differ in nothing else that is seen. */
export async function putsStored(backend: Backend, threadId: string, now: number): Promise<number> {
  const record = (await partitionOf(backend, threadId, now).read([HEAD], now)).get(HEAD);
  return record ? decodeHead(record).tip : 0;
}

/** A thread's partition of a store that is scoped to nobody. */
export function partitionOf(backend: Backend, threadId: string, now: number): Partition {
  const base = { backend, now: () => now, operationTtlMs: 7 * DAY, ready: async () => {} };
  return storeContext(base, {}).unwatched(threadId);
}

/** The ordinals that are stored, each with the start of its segment. */
async function storedStarts(
  partition: Partition,
  now: number,
): Promise<ReadonlyMap<number, number>> {
  const starts = new Map<number, number>();
  const { from, to } = prefixRange("c/");
  for (let next: string | undefined = from; next !== undefined; ) {
    const page: Awaited<ReturnType<typeof partition.scan>> = await partition.scan(
      { from: next, to, limit: 1000 },
      now,
    );
    for (const record of page.records) {
      const checkpoint = decodeCheckpoint(record);
      starts.set(checkpoint.ordinal, checkpoint.from);
    }
    next = page.next;
  }
  return starts;
}
