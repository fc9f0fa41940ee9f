import type { Partition } from "../partition.ts";
import { type Checkpoint, checkpointKey, checkpointRange, decodeCheckpoint } from "./schema.ts";
import { isVisible, type View } from "./view.ts";

/** Visible checkpoints, the newest first. */
export interface Newest {
  readonly found: readonly Checkpoint[];
  /** Something was not as the view says, so the view may be of another time: read it again, and if it has moved, start again. */
  readonly torn: boolean;
}

/** Records of one page of a reverse scan. */
const PAGE_RECORDS = 100;

/** The newest visible checkpoints below an ordinal: the window that the policy shows by pages, pinned ones below it by key. States stay undecoded. */
export async function newestVisible(
  partition: Partition,
  view: View,
  { limit, below = Infinity }: { readonly limit: number; readonly below?: number },
): Promise<Newest> {
  const window = await scanWindow(partition, view, limit, below);
  const missing = limit - window.found.length;
  const pinned = await readPinned(partition, view, missing, below);
  return { found: [...window.found, ...pinned.found], torn: window.torn || pinned.torn };
}

async function scanWindow(
  partition: Partition,
  view: View,
  limit: number,
  below: number,
): Promise<Newest> {
  const { head, now } = view;
  if (!head || limit === 0) return { found: [], torn: false };
  const floor = Math.max(head.since, head.cleared);
  let expected = Math.min(head.tip, below - 1);
  if (expected <= floor) return { found: [], torn: false };
  const found: Checkpoint[] = [];
  let torn = false;
  const { from, to } = checkpointRange(floor + 1, expected);
  for (let next: string | undefined = to; next !== undefined; ) {
    const page = await partition.scan(
      { from, to: next, reverse: true, limit: Math.min(limit, PAGE_RECORDS) },
      now,
    );
    for (const record of page.records) {
      const checkpoint = decodeCheckpoint(record);
      torn ||= checkpoint.ordinal !== expected || checkpoint.firstRevision > head.revision;
      expected = checkpoint.ordinal - 1;
      if (isVisible(view, checkpoint)) found.push(checkpoint);
      if (found.length === limit) return { found, torn };
    }
    next = page.next;
  }
  return { found, torn: torn || expected > floor };
}

async function readPinned(
  partition: Partition,
  view: View,
  limit: number,
  below: number,
): Promise<Newest> {
  const { head, exceptions, now } = view;
  if (!head || limit === 0) return { found: [], torn: false };
  const ordinals = exceptions.pinned
    .map(({ ordinal }) => ordinal)
    .filter((ordinal) => ordinal < below && ordinal <= head.since && ordinal > head.cleared)
    .toSorted((one, other) => other - one)
    .slice(0, Math.min(limit, partition.backend.limits.maxReadKeys));
  if (ordinals.length === 0) return { found: [], torn: false };
  const snapshot = await partition.read(ordinals.map(checkpointKey), now);
  const found = ordinals.flatMap((ordinal) => {
    const record = snapshot.get(checkpointKey(ordinal));
    return record ? [decodeCheckpoint(record)] : [];
  });
  const torn =
    found.length < ordinals.length || found.some((one) => one.firstRevision > head.revision);
  return { found, torn };
}
