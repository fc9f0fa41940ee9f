import type { StoreContext } from "../context.ts";
import type { Partition } from "../partition.ts";
import type { CheckpointCache } from "./cache.ts";
import type { StateSource } from "./source.ts";

/** What a call asks of the place at which its checkpoint will stand. */
export interface Demand {
  readonly threadId: string;
  readonly parentId: string | undefined;
  /** Must the parent be the head? */
  readonly parentIsHead: boolean;
  readonly expectedHead: string | null | undefined;
  /** What the caller calls the new one. */
  readonly name: string | undefined;
  readonly source: StateSource;
}

/** Where things are: the same for all of a call. */
export interface Ground {
  readonly context: StoreContext;
  readonly cache: CheckpointCache;
  readonly partition: Partition;
  readonly now: number;
}
