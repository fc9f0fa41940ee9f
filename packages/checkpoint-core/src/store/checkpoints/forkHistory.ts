import type { Write } from "../../backend/contract.ts";
import {
  copyEntry,
  cursorOf,
  decodeHead,
  ENTRIES,
  encodeHead,
  entryKey,
  HEAD,
  idKey,
  isShown,
} from "../history/record.ts";
import { encodeValue, type OpenRecord, type Partition } from "../partition.ts";
import { LIFE } from "../life/life.ts";
import type { Ground } from "./ground.ts";
import type { Checkpoint } from "./schema.ts";

/** How far the copy of a history has come. */
export interface ForkMark {
  readonly threadId: string;
  readonly checkpointId: string;
  /** The last entry to copy; `undefined` where there is none. */
  readonly cursor: string | undefined;
  /** The source's life and the epoch of its history, in which all of it was found. */
  readonly sourceLife: number;
  readonly sourceEpoch: number;
  /** Ordinals in the new thread: of the first copy, and behind the last so far. */
  readonly first: number;
  readonly next: number;
  /** Of the new thread's history: nobody has written it since. */
  readonly epoch: number;
  /** The source's last entry that was copied. */
  readonly after: string | undefined;
}

/** Entries looked at in one page, and so copied in one write: each is two records. */
const PAGE = 100;
const OTHER_WRITES = 8;

/**
 * The last entry that stood in the source's history when the checkpoint was written: revisions order all writes of a thread, so no checkpoint has to say where the
 * history was, but one that a copy of the store has brought. What was rewritten since counts where an entry behind it was not.
 */
export async function endOfHistory(
  source: Ground,
  checkpoint: Pick<Checkpoint, "firstRevision" | "historyEnd">,
): Promise<Pick<ForkMark, "cursor" | "sourceLife" | "sourceEpoch">> {
  const { partition, now } = source;
  const { head, ...seen } = await standing(source);
  for (let to: string | undefined = entryKey("~"); to !== undefined; ) {
    const page: Awaited<ReturnType<Partition["scan"]>> = await partition.scan(
      { from: entryKey(cursorOf(head.from)), to, reverse: true, limit: PAGE },
      now,
    );
    const last = page.records.find(
      (record) => stoodAt(record, checkpoint) && isShown(head, cursorIn(record)),
    );
    if (last) return { ...seen, cursor: cursorIn(last) };
    to = page.next;
  }
  return { ...seen, cursor: undefined };
}

function stoodAt(
  record: OpenRecord,
  { firstRevision, historyEnd }: Pick<Checkpoint, "firstRevision" | "historyEnd">,
): boolean {
  return historyEnd === undefined
    ? record.revision <= firstRevision
    : cursorIn(record) <= historyEnd;
}

/** The next entries, as a write of the new thread: they lie below the `from` of its head, so nobody sees them. `"moved"` where the source was rewritten. */
export async function batchAfter(
  source: Ground,
  mark: ForkMark,
): Promise<
  | "moved"
  | "done"
  | { readonly mark: ForkMark; readonly head: Uint8Array; readonly writes: readonly Write[] }
> {
  const { partition, now } = source;
  const before = await standing(source);
  if (!isSame(before, mark)) return "moved";
  const { head } = before;
  const { cursor, after } = mark;
  if (cursor === undefined || after === cursor) return "done";
  const from = after === undefined ? entryKey(cursorOf(head.from)) : `${entryKey(after)}!`;
  const page = await pageFrom(source, from, entryKey(`${cursor}!`));
  if (!isSame(await standing(source), mark)) return "moved";
  const shown = page.records.filter((record) => isShown(head, cursorIn(record)));
  const taken = withinBytes(shown, partition.backend.limits.maxWriteBytes);
  const whole = taken.length === shown.length;
  const last = whole ? page.records.at(-1) : taken.at(-1);
  const next = mark.next + taken.length;
  const ended = whole && page.next === undefined;
  return {
    mark: { ...mark, next, after: last && !ended ? cursorIn(last) : cursor },
    head: encodeHead({ next, count: 0, at: now, from: next, epoch: mark.epoch, holes: [] }),
    writes: taken.flatMap((record, index) => copyOf(record, cursorOf(mark.next + index))),
  };
}

/** The head that shows all that was copied. */
export function finishedHead(
  history: OpenRecord | undefined,
  { first, next, epoch }: ForkMark,
  now: number,
): readonly Write[] {
  if (next === first) return [];
  const head = { next, count: next - first, at: now, from: first, epoch: epoch + 1, holes: [] };
  const expect = history?.revision ?? "absent";
  return [{ op: "put", key: HEAD, value: encodeHead(head), expect }];
}

function copyOf(record: OpenRecord, cursor: string): readonly Write[] {
  const { id, bytes } = copyEntry(record);
  return [
    { op: "put", key: entryKey(cursor), value: bytes, expect: "any" },
    { op: "put", key: idKey(id), value: encodeValue(cursor), expect: "any" },
  ];
}

/** A page of entries; one without any is the last. */
async function pageFrom(
  { partition, now }: Ground,
  first: string,
  to: string,
): Promise<Awaited<ReturnType<Partition["scan"]>>> {
  for (let from = first; ; ) {
    const page = await partition.scan({ from, to, limit: pageOf(partition) }, now);
    if (page.records.length > 0 || page.next === undefined) return page;
    from = page.next;
  }
}

type Standing = Pick<ForkMark, "sourceLife" | "sourceEpoch">;

function isSame(one: Standing, other: Standing): boolean {
  return one.sourceLife === other.sourceLife && one.sourceEpoch === other.sourceEpoch;
}

async function standing({ partition, now }: Ground): Promise<{
  readonly head: ReturnType<typeof decodeHead>;
  readonly sourceLife: number;
  readonly sourceEpoch: number;
}> {
  const snapshot = await partition.read([LIFE, HEAD], now);
  const head = decodeHead(snapshot.get(HEAD));
  return { head, sourceLife: snapshot.get(LIFE)?.revision ?? 0, sourceEpoch: head.epoch };
}

function cursorIn({ key }: OpenRecord): string {
  return key.slice(ENTRIES.length);
}

function pageOf({ backend }: Partition): number {
  return Math.max(1, Math.min(PAGE, Math.floor((backend.limits.maxWrites - OTHER_WRITES) / 2)));
}

/** The first entries that fit half a write; one at least. */
function withinBytes(records: readonly OpenRecord[], most: number): readonly OpenRecord[] {
  let bytes = 0;
  const end = records.findIndex((record, index) => {
    bytes += record.bytes.byteLength;
    return index > 0 && bytes > most / 2;
  });
  return end < 0 ? records : records.slice(0, end);
}
