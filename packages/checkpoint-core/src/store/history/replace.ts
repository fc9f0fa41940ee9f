import type { Write } from "../../backend/contract.ts";
import { ConflictError, StorageError } from "../../errors.ts";
import { checkWhole } from "../operation.ts";
import type { Partition } from "../partition.ts";
import { nameEntries, refuseOwnId } from "./append.ts";
import type { AppendResult, NewEntry, ReplaceOptions } from "./contract.ts";
import { findEntries } from "./find.ts";
import { forgetIds } from "./forget.ts";
import { freeHidden, noteHidden } from "./hide.ts";
import { lookAtRange, placeBehind, type RangePlace, type RangeSight } from "./range.ts";
import { placesBetween } from "./places.ts";
import { checkCursor } from "./read.ts";
import { cursorOf, entryKey, HEAD, type HistoryHead, type Hole } from "./record.ts";
import {
  placeWrites,
  type Rewrite,
  rewriting,
  type Rewritten,
  type Sight,
  type TextEntry,
  textsOf,
} from "./rewriting.ts";
import { sweepHidden } from "./sweep.ts";

/** Entries that go in the write that replaces them; where there are more, the head hides them, and they are deleted after it. */
const DELETED_AT_ONCE = 20;
/** Holes that a head may hold: each is the work of a replacement that was cut short. */
const MAX_HOLES = 16;

/**
 * The entries of the range are replaced by these, in their place; see `HistoryStore.replace`. A long range is hidden by the head in the same write, whatever its length;
 * then it is deleted in bounded writes.
 */
export async function replaceEntries(
  rewrite: Rewrite,
  range: { readonly from?: string | undefined; readonly to?: string | undefined },
  entries: readonly NewEntry[],
  seen: Seen,
): Promise<AppendResult> {
  if (range.from !== undefined) checkCursor("from", range.from);
  if (range.to !== undefined) checkCursor("to", range.to);
  checkWhole("expected", seen.expected);
  if (seen.expectedRevision !== undefined) checkWhole("expectedRevision", seen.expectedRevision);
  const { context, threadId } = rewrite;
  const named = textsOf(nameEntries(entries, rewrite.operationId, "replace"));
  const looks = new Map<string, RangeSight>();
  let hides = false;
  const { payload, ...saw } = seen;
  const asked = payload === undefined ? { ...range, ...saw } : { payload };
  const answer = await rewriting({ ...rewrite, asked }, "replace", named, async (sight) => {
    const {
      partition,
      seen: { head },
      now,
    } = sight;
    if (head.holes.length >= MAX_HOLES) await sweepHidden(partition, now, context.operationTtlMs);
    const look = await lookOnce(looks, sight, range, named);
    refuseOthers(look, seen);
    await refuseElsewhere(named, sight, look);
    const replaced = await replaceIn(sight, look, named, context.operationTtlMs);
    hides = replaced.head.holes.some((hole) => !head.holes.includes(hole));
    if (hides) await noteHidden(context, threadId, now);
    return replaced;
  });
  if (hides) await freeHidden(context, threadId);
  return answer;
}

/** What the caller saw in the range. */
type Seen = Pick<ReplaceOptions, "expected" | "expectedRevision" | "payload">;

/** Refuses a range that holds other entries than the caller saw. */
function refuseOthers(
  { count, revision }: RangeSight,
  { expected, expectedRevision = revision }: Seen,
): void {
  const difference =
    count === expected
      ? revision > expectedRevision && "an entry that was rewritten meanwhile"
      : `${count} entries, not ${expected}`;
  if (difference !== false)
    throw new ConflictError(`The range holds ${difference}; nothing was written.`, { key: HEAD });
}

/** Looks again only where the range may have changed: appends behind it, by a busy thread, do not keep a replacement from coming to an end. */
async function lookOnce(
  looks: Map<string, RangeSight>,
  { partition, seen: { head, life }, now }: Sight,
  range: { readonly from?: string | undefined; readonly to?: string | undefined },
  named: readonly TextEntry[],
): Promise<RangeSight> {
  const open = range.to === undefined || range.to >= cursorOf(head.next);
  const key = `${life.revision}/${head.epoch}/${open ? head.next : ""}`;
  const known = looks.get(key);
  if (known) return known;
  const look = await lookAtRange({
    partition,
    head,
    now,
    from: range.from,
    to: range.to,
    places: named.length + DELETED_AT_ONCE + 1,
    ids: new Set(named.map(({ id }) => id)),
  });
  looks.clear();
  looks.set(key, look);
  return look;
}

async function refuseElsewhere(
  named: readonly TextEntry[],
  { partition, snapshot, seen, now }: Sight,
  { wanted }: RangeSight,
): Promise<void> {
  const others = named.filter(({ id }) => !wanted.has(id));
  const ids = others.map(({ id }) => id);
  if ((await findEntries(partition, snapshot, ids, seen.head, now)).size > 0)
    throw new StorageError(
      "INVALID_ARGUMENT",
      "A new entry has the id of one outside the range; nothing was written.",
    );
  for (const entry of others) refuseOwnId(entry);
}

async function replaceIn(
  { partition, seen: { head }, now }: Sight,
  look: RangeSight,
  named: readonly TextEntry[],
  operationTtlMs: number,
): Promise<Rewritten> {
  const { count: old, first, wanted } = look;
  const cursors = await placesFor(partition, named.length, look, head, now);
  const over = first.slice(0, named.length);
  const short = old - over.length <= DELETED_AT_ONCE;
  const rest = short ? first.slice(named.length, old) : [];
  const hole = short ? undefined : holeFrom(look, named.length);
  const ids = new Set(named.map(({ id }) => id));
  const gone = [...over, ...rest].flatMap(({ entry }: RangePlace) =>
    entry && !ids.has(entry.id) ? [entry] : [],
  );
  const writes: Write[] = [
    ...rest.map(({ cursor }): Write => ({ op: "delete", key: entryKey(cursor), expect: "any" })),
    ...(await forgetIds(partition, gone, now, operationTtlMs)),
    ...named.flatMap((entry, index) => {
      const before = wanted.get(entry.id);
      const createdAt = before?.createdAt ?? now;
      return placeWrites(entry, cursors[index] ?? "", { before: before?.cursor, createdAt });
    }),
  ];
  const next = old === 0 ? head.next + named.length : head.next;
  const count = head.count - old + named.length;
  const holes = hole ? withHole(head, hole) : head.holes;
  const after = { ...head, next, count, holes, at: now, epoch: head.epoch + 1 };
  return { head: after, writes, ids: named.map(({ id }) => id), cursors };
}

/** From the first place that no new entry takes to the last of the range. */
function holeFrom({ first, last }: RangeSight, taken: number): Hole | undefined {
  const from = first[taken]?.cursor;
  return from === undefined || last === undefined ? undefined : { from, to: last };
}

/** The holes with one more, which takes up those inside it. */
function withHole({ holes }: HistoryHead, hole: Hole): readonly Hole[] {
  return [...holes.filter(({ from, to }) => from < hole.from || hole.to < to), hole];
}

/** The places of the replaced entries, then places between the last of them and what follows; at the end of the history where the range was empty. */
async function placesFor(
  partition: Partition,
  count: number,
  { first, last }: RangeSight,
  { next, holes }: HistoryHead,
  now: number,
): Promise<string[]> {
  const places = first.slice(0, count).map(({ cursor }) => cursor);
  if (last === undefined)
    return Array.from({ length: count }, (_, index) => cursorOf(next + index));
  if (places.length === count) return places;
  const followers = holes.flatMap(({ from }) => (from > last ? [from] : []));
  const stored = await placeBehind(partition, last, now);
  const follower = followers.reduce((low, place) => (low && low < place ? low : place), stored);
  return [...places, ...placesBetween(last, follower, count - places.length)];
}
