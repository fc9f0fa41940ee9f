import type { Write } from "../../backend/contract.ts";
import type { OpenRecord } from "../partition.ts";
import { isUnreadable } from "./damage.ts";
import { exceptionsCheck } from "./exceptions.ts";
import { decodeName, nameKey } from "./names.ts";
import { type Checkpoint, checkpointKey, checkpointRange } from "./schema.ts";
import { sweepBeside } from "./sweepBeside.ts";
import { headsOf, type SweepGround, type Swept, type SweepView } from "./sweepView.ts";
import { lands } from "../transact.ts";

/** The lowest and the highest ordinal of a range, both included. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/** Records of one page: few enough that their deletion is one short write. */
const PAGE_RECORDS = 100;

/** The spans below an ordinal that no pinned range covers, the highest first. */
export function gapsBelow(
  ordinal: number,
  pinned: readonly { readonly from: number; readonly ordinal: number }[],
): readonly Span[] {
  const gaps: Span[] = [];
  let last = ordinal - 1;
  for (const pin of pinned.toSorted((one, other) => other.ordinal - one.ordinal)) {
    if (pin.ordinal < last) gaps.push({ first: pin.ordinal + 1, last });
    last = Math.min(last, pin.from - 1);
  }
  if (last >= 1) gaps.push({ first: 1, last });
  return gaps;
}

/**
 * Frees what a span holds, the newest first, so that a reader of a hidden checkpoint misses its own record before its base. Each write holds the exceptions to what was
 * seen, so that nothing is freed that was pinned meanwhile. What is kept beside the checkpoints goes after them: nothing can be attached to them any more.
 */
export async function freeSpan(
  ground: SweepGround,
  view: SweepView,
  { first, last }: Span,
): Promise<Swept> {
  const { partition, now } = ground;
  const { from, to } = checkpointRange(first, last);
  for (let next: string | undefined = to; next !== undefined; ) {
    if (!(await ground.goOn())) return "stopped";
    const range = { from, to: next, reverse: true, limit: PAGE_RECORDS };
    const page = await partition.scan(range, now, { partial: true });
    const found = await headsOf(ground, page.records);
    if (found.some((one) => isLater(one, view))) return "moved";
    const freed = await freeCheckpoints(ground, view, found);
    if (freed !== "done") return freed;
    next = page.next;
  }
  return sweepBeside(ground, view, { first, last, isGone: () => true });
}

/** Frees checkpoints in their order, each with its name, in bounded writes. */
export async function freeCheckpoints(
  ground: SweepGround,
  view: SweepView,
  checkpoints: readonly Checkpoint[],
): Promise<Swept> {
  const names = await namesOf(ground, checkpoints);
  const check = exceptionsCheck(view.exceptionsRevision);
  const deletes = checkpoints.map(({ ordinal, revision, id }): readonly Write[] => [
    { op: "delete", key: checkpointKey(ordinal), expect: revision },
    ...(names.get(id) ?? []),
  ]);
  const room = roomOf(ground);
  for (let start = 0; start < deletes.length; start += room) {
    if (start > 0 && !(await ground.goOn())) return "stopped";
    if (!(await lands(ground, [check, ...deletes.slice(start, start + room).flat()])))
      return "moved";
  }
  return "done";
}

/** The deletions of the checkpoints' names, by their ids. A name that means another checkpoint by now stays. */
async function namesOf(
  { partition, now }: SweepGround,
  checkpoints: readonly Checkpoint[],
): Promise<ReadonlyMap<string, readonly Write[]>> {
  const named = checkpoints.flatMap(({ id, name }) => (name === undefined ? [] : [{ id, name }]));
  const deletes = new Map<string, readonly Write[]>();
  const { maxReadKeys } = partition.backend.limits;
  for (let start = 0; start < named.length; start += maxReadKeys) {
    const some = named.slice(start, start + maxReadKeys);
    const keys = some.map(({ name }) => nameKey(name));
    const found = await partition.read(keys, now);
    for (const { id, name } of some) {
      const record = found.get(nameKey(name));
      if (record && meant(record) === id)
        deletes.set(id, [{ op: "delete", key: record.key, expect: record.revision }]);
    }
  }
  return deletes;
}

/** The id that a name means. Of a damaged one nobody can tell: it stays. */
function meant(record: OpenRecord): string | undefined {
  try {
    return decodeName(record);
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

/** Bytes of the keys of a checkpoint and of its name. */
const KEY_BYTES = 300;

/** Checkpoints that one write may free, each with its name, beside its check. */
function roomOf({ partition }: SweepGround): number {
  const { maxWrites, maxWriteBytes } = partition.backend.limits;
  const most = Math.min((maxWrites - 1) / 2, maxWriteBytes / KEY_BYTES - 1);
  return Math.max(1, Math.floor(most));
}

/** A checkpoint of another life than the view. What is damaged may say no more than its revision. */
function isLater({ firstRevision, damage }: Checkpoint, { head }: SweepView): boolean {
  return damage === undefined && firstRevision > head.revision;
}
