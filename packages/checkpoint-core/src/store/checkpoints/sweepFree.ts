import type { Write } from "../../backend/contract.ts";
import { ConflictError } from "../../errors.ts";
import type { OpenRecord } from "../partition.ts";
import { exceptionsCheck } from "./exceptions.ts";
import { checkpointRange, decodeCheckpoint } from "./schema.ts";
import type { SweepGround, Swept, SweepView } from "./sweepView.ts";

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
 * seen, so that nothing is freed that was pinned meanwhile.
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
    const limit = Math.min(PAGE_RECORDS, roomOf(ground));
    const page = await partition.scan({ from, to: next, reverse: true, limit }, now);
    if (page.records.some((record) => isLater(record, view))) return "moved";
    const freed = await freeRecords(ground, view, page.records);
    if (freed !== "done") return freed;
    next = page.next;
  }
  return "done";
}

/** Frees records in their order, in bounded writes. */
export async function freeRecords(
  ground: SweepGround,
  view: SweepView,
  records: readonly { readonly key: string; readonly revision: number }[],
): Promise<Swept> {
  const check = exceptionsCheck(view.exceptionsRevision);
  const room = roomOf(ground);
  for (let start = 0; start < records.length; start += room) {
    if (start > 0 && !(await ground.goOn())) return "stopped";
    const deletes = records
      .slice(start, start + room)
      .map(({ key, revision }): Write => ({ op: "delete", key, expect: revision }));
    if (!(await lands(ground, [check, ...deletes]))) return "moved";
  }
  return "done";
}

/** Whether a write of a sweep lands; false where something is not as it was seen. */
export async function lands(
  { partition, now }: SweepGround,
  writes: readonly Write[],
): Promise<boolean> {
  try {
    await partition.write(writes, now);
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}

/** Bytes of a checkpoint's key, and some more. */
const KEY_BYTES = 32;

/** Records that one write may free beside its check. */
function roomOf({ partition }: SweepGround): number {
  const { maxWrites, maxWriteBytes } = partition.backend.limits;
  return Math.max(1, Math.min(maxWrites - 1, Math.floor(maxWriteBytes / KEY_BYTES) - 1));
}

/** A record of another life than the view. A damaged one is freed like any other. */
function isLater(record: OpenRecord, { head }: SweepView): boolean {
  if (record.revision <= head.revision) return false;
  return decodeCheckpoint(record).firstRevision > head.revision;
}
