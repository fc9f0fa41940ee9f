import { StorageError } from "../../errors.ts";
import { withHead } from "../beginning.ts";
import type { OpenRecord, Partition } from "../partition.ts";
import { LIFE } from "../life/life.ts";
import { decodeOrDamaged } from "./damage.ts";
import {
  type Checkpoint,
  checkpointRange,
  decodeExceptions,
  decodeHead,
  EXCEPTIONS,
  type Exceptions,
  HEAD,
  type Head,
} from "./schema.ts";

/** What a sweep works on. */
export interface SweepGround {
  readonly partition: Partition;
  readonly now: number;
  /** Asked between two calls of the engine: may the sweep go on? */
  readonly goOn: () => Promise<boolean>;
}

/** A thread's head and exceptions as one read of a sweep saw them. */
export interface SweepView {
  /** 0 where there is no such record. */
  readonly lifeRevision: number;
  readonly head: Head & { readonly revision: number };
  readonly exceptions: Exceptions;
  readonly exceptionsRevision: number;
  /** All at or below are hidden, but for pinned ones above `cleared`. */
  readonly floor: number;
  /** Pins that keep what they pin: those above `cleared`. */
  readonly pinned: Exceptions["pinned"];
}

/** How a part of a sweep ended: it is done; something has moved, so look again; or it was told to stop. */
export type Swept = "done" | "moved" | "stopped";

/** Reads what a sweep is planned from; `undefined` where the thread has no checkpoints. */
export async function lookAt({ partition, now }: SweepGround): Promise<SweepView | undefined> {
  const snapshot = await partition.read([LIFE, HEAD, EXCEPTIONS], now);
  const record = snapshot.get(HEAD);
  if (!record) return undefined;
  const head = { ...decodeHead(record), revision: record.revision };
  const stored = snapshot.get(EXCEPTIONS);
  const exceptions = stored ? decodeExceptions(stored) : { pinned: [], deleted: [] };
  return {
    lifeRevision: snapshot.get(LIFE)?.revision ?? 0,
    head,
    exceptions,
    exceptionsRevision: stored?.revision ?? 0,
    floor: Math.max(head.since, head.cleared),
    pinned: exceptions.pinned.filter(({ ordinal }) => ordinal > head.cleared),
  };
}

/**
 * May the checkpoint be seen by anybody, now or later? One that has expired counts as seen until the exceptions name it: clocks disagree, and nothing is freed that
 * they do not name.
 */
export function isKept({ head, exceptions, pinned, floor }: SweepView, ordinal: number): boolean {
  if (ordinal <= head.cleared || exceptions.deleted.includes(ordinal)) return false;
  return ordinal > floor || pinned.some((pin) => pin.ordinal === ordinal);
}

/** The checkpoints in records whose values may have been read in part, with nothing kept of their states. What is gone by then is left out. */
export async function headsOf(
  { partition, now }: SweepGround,
  records: readonly OpenRecord[],
): Promise<readonly Checkpoint[]> {
  const found: Checkpoint[] = [];
  for (const begun of records) {
    const record = await withHead(partition, begun, now);
    if (record) found.push({ ...decodeOrDamaged(record), body: noBody });
  }
  return found;
}

function noBody(): never {
  throw new StorageError("INVALID_ARGUMENT", "A checkpoint's head has no body.");
}

/** Records of one page of a sweep's scan: few enough that their deletion is one short write. */
const PAGE_RECORDS = 100;

/** Which records a sweep looks at. */
interface Window {
  readonly first: number;
  readonly last: number;
  /** Records of one page. */
  readonly limit?: number;
  /** Are their states wanted too? */
  readonly whole?: boolean;
}

/** Checkpoints of a range, the oldest first, damaged ones among them. `"moved"` comes in place of one that belongs to another life than the view. */
export async function* upwards(
  { partition, now }: SweepGround,
  { head }: SweepView,
  { first, last, limit = PAGE_RECORDS, whole = false }: Window,
): AsyncGenerator<Checkpoint | "moved", void, undefined> {
  if (last < first) return;
  const range = checkpointRange(first, last);
  for (let next: string | undefined = range.from; next !== undefined; ) {
    const extent = { partial: !whole };
    const page = await partition.scan({ from: next, to: range.to, limit }, now, extent);
    for (const begun of page.records) {
      const record = await withHead(partition, begun, now);
      if (!record) continue;
      const checkpoint = decodeOrDamaged(record);
      const isLater = !checkpoint.damage && checkpoint.firstRevision > head.revision;
      yield isLater ? "moved" : checkpoint;
    }
    next = page.next;
  }
}
