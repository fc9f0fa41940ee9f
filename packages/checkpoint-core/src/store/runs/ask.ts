import type { StoreContext } from "../context.ts";
import type { Partition } from "../partition.ts";
import type { BeginOptions, Run } from "./contract.ts";
import type { RunParts } from "./parts.ts";
import { runOf, type StoredRun } from "./record.ts";
import type { Standing } from "../lease/standing.ts";

/** One `begin` or `claim` beside what it found: what the rows of the table decide on. */
export interface Ask {
  readonly context: StoreContext;
  readonly parts: RunParts;
  readonly partition: Partition;
  readonly threadId: string;
  readonly options: BeginOptions & { readonly create: boolean };
  readonly now: number;
  /** The key of the operation record. */
  readonly op: string;
  readonly standing: Standing;
  readonly run?: StoredRun;
}

/** A run of the asked thread as callers see it. */
export function askedRun({ threadId, standing }: Ask, run: StoredRun): Run {
  return runOf(threadId, standing.life.revision, run);
}

/** Another run has the thread, or waits for it. */
export function isTaken({ standing }: Ask): boolean {
  return standing.lease.run !== undefined || standing.queue.length > 0;
}
