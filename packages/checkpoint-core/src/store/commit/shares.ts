import type { CheckpointPart } from "../checkpoints/part.ts";
import type { HistoryPart, NamedEntry } from "../history/append.ts";
import type { Part } from "../part.ts";
import type { OpenRecord, Partition, Snapshot } from "../partition.ts";
import { readMany } from "../chunks.ts";
import type { Joined } from "../runs/parts.ts";
import type { Recorded } from "./outcome.ts";

/** The stores that have a share in a commit; what they read is read at once. */
export interface Sharing {
  readonly checkpoint: CheckpointPart | undefined;
  /** The pin that the checkpoint takes the place of. */
  readonly replaces?: string | undefined;
  readonly unpin: Part<void> | undefined;
  readonly history: HistoryPart | undefined;
  /** The caller's own entries: the last ones of the history's share. */
  readonly own: readonly NamedEntry[];
}

/** Their entries in the order of a commit, and what the commit's answer says of them. */
export interface Shares extends Joined {
  readonly checkpointId?: string;
  readonly history?: Recorded["history"];
}

/** Lets each store draft its share from what is read for all. `imagined` stands for a record that is not there, where the shares are only to be checked. */
export async function draftShares(
  partition: Partition,
  now: number,
  { checkpoint, replaces, unpin, history, own }: Sharing,
  { imagined }: { readonly imagined?: OpenRecord } = {},
): Promise<Shares> {
  const keys = [checkpoint, unpin, history].flatMap((part) => part?.keys ?? []);
  const read = await readMany(partition, keys, now);
  const snapshot: Snapshot = imagined ? new Map([...read, [imagined.key, imagined]]) : read;
  const put = await checkpoint?.draft(snapshot, replaces);
  const freed = await unpin?.draft(snapshot);
  const appended = await history?.draft(snapshot);
  const drafts = [put, freed, appended].filter((draft) => draft !== undefined);
  return {
    writes: drafts.flatMap((draft) => draft.writes),
    ...(put ? { checkpointId: put.id } : {}),
    ...(appended && own.length > 0 ? { history: lastOf(appended.planned, own.length) } : {}),
    landed(revision) {
      for (const draft of drafts) draft.landed(revision);
    },
  };
}

function lastOf(
  { ids, cursors }: NonNullable<Recorded["history"]>,
  count: number,
): NonNullable<Recorded["history"]> {
  return { ids: ids.slice(-count), cursors: cursors.slice(-count) };
}
