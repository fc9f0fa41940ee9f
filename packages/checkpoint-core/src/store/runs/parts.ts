import type { Write } from "../../backend/contract.ts";
import type { CheckpointCache } from "../checkpoints/cache.ts";
import {
  type CheckpointInput,
  type CheckpointPart,
  checkpointPart,
  checkpointState,
  unpinPart,
} from "../checkpoints/part.ts";
import type { StoreContext } from "../context.ts";
import { type HistoryPart, historyPart, type NamedEntry } from "../history/append.ts";
import type { HeadCache } from "../history/cache.ts";
import type { Draft, Part } from "../part.ts";
import type { Partition } from "../partition.ts";
import { readMany } from "../chunks.ts";

/** What runs need of the stores beside them: their shares of a write, and the state that a run goes on from. */
export interface RunParts {
  /** Appends to the history. */
  history(threadId: string, entries: readonly NamedEntry[], now: number): HistoryPart;
  /** Puts a checkpoint. */
  checkpoint(input: CheckpointInput, now: number): CheckpointPart;
  /** Takes the pin of a checkpoint away. */
  unpin(checkpointId: string): Part<void>;
  /** The state of a checkpoint; `undefined` where it is gone. */
  state(
    threadId: string,
    checkpointId: string,
    now: number,
  ): Promise<{ readonly state: unknown } | undefined>;
}

/** The parts over the stores of one scope, with the caches that they share. */
export function runParts(
  context: StoreContext,
  caches: { readonly heads: HeadCache; readonly checkpoints: CheckpointCache },
): RunParts {
  const { heads, checkpoints } = caches;
  return {
    history: (threadId, entries, now) => historyPart(context, heads, threadId, entries, now),
    checkpoint: (input, now) => checkpointPart(context, checkpoints, input, now),
    unpin: unpinPart,
    state: async (threadId, checkpointId, now) =>
      checkpointState(context, checkpoints, threadId, checkpointId, now),
  };
}

/** Entries of several shares as one list, and what to tell the shares when it has landed. */
export interface Joined {
  readonly writes: readonly Write[];
  landed(revision: number): void;
}

const NOTHING: Joined = { writes: [], landed: () => undefined };

/** Reads what the parts need, lets each draft, and joins their entries in order. */
export async function joinParts(
  partition: Partition,
  now: number,
  parts: readonly Part<unknown>[],
): Promise<Joined> {
  if (parts.length === 0) return NOTHING;
  const keys = parts.flatMap((part) => part.keys);
  const snapshot = await readMany(partition, keys, now);
  const drafts: Draft<unknown>[] = [];
  for (const part of parts) drafts.push(await part.draft(snapshot));
  return {
    writes: drafts.flatMap((draft) => draft.writes),
    landed(revision) {
      for (const draft of drafts) draft.landed(revision);
    },
  };
}

/**
 * The list with each key named once: a check of a key that an entry before it or a put after it names already is left out. Shares read one after the other, so where two
 * expectations differ the first is the older one and fails.
 */
export function withoutDoubles(writes: readonly Write[]): readonly Write[] {
  const named = new Set<string>();
  const put = new Set(
    writes.flatMap((write) => (write.op === "put" || write.op === "delete" ? [write.key] : [])),
  );
  return writes.filter((write) => {
    if (write.op === "append") return true;
    if (write.op === "check" && (named.has(write.key) || put.has(write.key))) return false;
    named.add(write.key);
    return true;
  });
}
