import { withHead } from "../beginning.ts";
import type { OpenRecord, Partition } from "../partition.ts";
import { decodeOrDamaged, decodeOrUnread } from "./damage.ts";
import { type Checkpoint, checkpointKey, checkpointRange } from "./schema.ts";
import { isVisible, type View } from "./view.ts";

/** Visible checkpoints, the newest first. */
export interface Newest {
  readonly found: readonly Checkpoint[];
  /** Something was not as the view says, so the view may be of another time: read it again, and if it has moved, start again. */
  readonly torn: boolean;
}

const nothing: Newest = { found: [], torn: false };
/** Records of one page of a reverse scan. */
const PAGE_RECORDS = 100;

/** Which checkpoints are wanted. */
export interface Wanted {
  readonly limit: number;
  readonly below?: number;
  /** Only what stands beside the states, to be shown: large ones are not read and have no body, and what wants another key is answered as damaged. */
  readonly heads?: boolean;
}

/** The newest visible checkpoints below an ordinal: the window that the policy shows by pages, pinned ones below it by key. States stay undecoded. */
export async function newestVisible(
  partition: Partition,
  view: View,
  { limit, below = Infinity, heads = false }: Wanted,
): Promise<Newest> {
  const window = await scanWindow(partition, view, { limit, below, heads });
  const missing = limit - window.found.length;
  const pinned = await readPinned(partition, view, { limit: missing, below, heads });
  return { found: [...window.found, ...pinned.found], torn: window.torn || pinned.torn };
}

async function scanWindow(
  partition: Partition,
  view: View,
  { limit, below, heads }: Required<Wanted>,
): Promise<Newest> {
  const { head } = view;
  if (!head || limit === 0) return nothing;
  const floor = Math.max(head.since, head.cleared);
  let expected = Math.min(head.tip, below - 1);
  const found: Checkpoint[] = [];
  let torn = false;
  const page = { limit: Math.min(limit, PAGE_RECORDS), heads, now: view.now };
  for await (const checkpoint of downwards(partition, floor + 1, expected, page)) {
    torn ||= checkpoint.ordinal !== expected || checkpoint.firstRevision > head.revision;
    expected = checkpoint.ordinal - 1;
    if (isVisible(view, checkpoint)) found.push(checkpoint);
    if (found.length === limit) return { found, torn };
  }
  return { found, torn: torn || expected > floor };
}

/** The records of a range, the newest first. */
async function* downwards(
  partition: Partition,
  first: number,
  last: number,
  { limit, heads, now }: { readonly limit: number; readonly heads: boolean; readonly now: number },
): AsyncGenerator<Checkpoint, void, undefined> {
  if (last < first) return;
  const { from, to } = checkpointRange(first, last);
  for (let next: string | undefined = to; next !== undefined; ) {
    const range = { from, to: next, reverse: true, limit };
    const page = await partition.scan(range, now, { partial: heads });
    for (const record of page.records) {
      const found = await withHead(partition, record, now);
      if (found) yield decodeFor(heads, found);
    }
    next = page.next;
  }
}

function decodeFor(heads: boolean, record: OpenRecord): Checkpoint {
  return heads ? decodeOrUnread(record) : decodeOrDamaged(record);
}

/** Pinned ones that the policy hides, by their keys. */
async function readPinned(
  partition: Partition,
  view: View,
  { limit, below, heads }: Required<Wanted>,
): Promise<Newest> {
  const { head, exceptions, now } = view;
  if (!head) return nothing;
  const ordinals = exceptions.pinned
    .map(({ ordinal }) => ordinal)
    .filter((ordinal) => ordinal < below && ordinal <= head.since && ordinal > head.cleared)
    .toSorted((one, other) => other - one)
    .slice(0, limit);
  const found: Checkpoint[] = [];
  const { maxReadKeys } = partition.backend.limits;
  for (let start = 0; start < ordinals.length; start += maxReadKeys) {
    const keys = ordinals.slice(start, start + maxReadKeys).map(checkpointKey);
    const records = await partition.read(keys, now);
    found.push(
      ...keys.flatMap((key) => records.get(key) ?? []).map((one) => decodeFor(heads, one)),
    );
  }
  const later = found.some(({ firstRevision }) => firstRevision > head.revision);
  return { found, torn: later || found.length < ordinals.length };
}
