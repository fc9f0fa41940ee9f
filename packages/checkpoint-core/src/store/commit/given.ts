import { type NamedEntry, nameEntries } from "../history/append.ts";
import type { CheckpointPart } from "../checkpoints/part.ts";
import type { Lease } from "../lease/lease.ts";
import { copyOf } from "../arguments.ts";
import { digestOfParts, digestsOf } from "../payload.ts";
import type { RunParts } from "../runs/parts.ts";
import type { Commit, CommitOptions } from "./contract.ts";

/** What a commit was given, as copies of our own: made before anything is awaited, and refused there when it cannot be kept. */
export interface Given {
  /** Everything but the history and the checkpoint. */
  readonly changes: Omit<Commit, "history" | "checkpoint">;
  /** The caller's own entries, each with its id. */
  readonly own: readonly NamedEntry[];
  readonly checkpoint: CheckpointPart | undefined;
}

/** Copies what a commit stores. The checkpoint of one under a lease names the run and is pinned, unless the run completes. */
export function givenOf(
  parts: RunParts,
  threadId: string,
  { history = [], checkpoint, ...changes }: Commit,
  { operationId, lease }: CommitOptions,
  now: number,
): Given {
  const copies = history.map((entry) =>
    entry.id === undefined
      ? { value: copyOf(entry.value) }
      : { id: entry.id, value: copyOf(entry.value) },
  );
  const company = lease
    ? runOfLease(lease, changes.settle?.status !== "completed")
    : { parentIsHead: checkpoint !== undefined && "changes" in checkpoint };
  return {
    changes: copyOf(changes),
    own: nameEntries(copies, operationId, "commit"),
    checkpoint: checkpoint && parts.checkpoint({ threadId, ...checkpoint, ...company }, now),
  };
}

/** What a strict commit is compared by: all that it stores. */
export function payloadOf({ history, checkpoint, ...changes }: Commit): object {
  return {
    ...changes,
    history: history && digestsOf(history),
    checkpoint: checkpoint && digestOfParts(checkpoint),
  };
}

function runOfLease(
  { runId, life }: Lease,
  pin: boolean,
): { readonly run: { readonly id: string; readonly life: number }; readonly pin: boolean } {
  return { run: { id: runId, life }, pin };
}
