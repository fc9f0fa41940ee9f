import type { Write } from "../../backend/contract.ts";
import { decodeText, encodeText } from "../../codec/text.ts";
import { ConflictError, StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { checkId, checkWhole, operationKey, operationWrite } from "../operation.ts";
import { encodeValue, type OpenRecord, type Partition, type Snapshot } from "../partition.ts";
import { LEASE, LIFE, lifeIn } from "../threads/life.ts";
import { type Decision, type Plan, transact } from "../transact.ts";
import {
  draftSeen,
  headWrites,
  type NamedEntry,
  nameEntries,
  refuseOwnId,
  unseen,
} from "./append.ts";
import type { CachedHead, HeadCache } from "./cache.ts";
import type { AppendResult, NewEntry } from "./contract.ts";
import { checkCursor, entriesBetween } from "./read.ts";
import {
  cursorOf,
  decodeCursor,
  decodeEntry,
  decodeResult,
  encodeEntry,
  entryKey,
  HEAD,
  idKey,
} from "./record.ts";
import { sweepHidden } from "./sweep.ts";

/** What the verbs that change written entries work with. */
export interface Rewrite {
  readonly context: StoreContext;
  readonly cache: HeadCache;
  readonly threadId: string;
  readonly operationId: string | undefined;
}

/** Each entry stands where the one of its id stood, or at the end; see `HistoryStore.upsert`. */
export async function upsertEntries(
  rewrite: Rewrite,
  entries: readonly NamedEntry[],
): Promise<AppendResult> {
  const named = copiesOf(nameEntries(entries, undefined, "upsert"));
  return rewriting(rewrite, "upsert", named, async (partition, snapshot, seen, now) => {
    const found = named.map(({ id }) => cursorIn(snapshot, id, seen));
    for (const [index, entry] of named.entries())
      if (found[index] === undefined) refuseOwnId(entry);
    const keys = found.flatMap((cursor) => (cursor === undefined ? [] : [entryKey(cursor)]));
    const stored = await partition.read(keys, now);
    let { next } = seen.head;
    const cursors: string[] = [];
    const writes = named.flatMap(({ id, value }, index): Write[] => {
      const old = found[index];
      const cursor = old ?? cursorOf(next);
      if (old === undefined) next += 1;
      cursors.push(cursor);
      return place(id, value, cursor, firstWritten(stored.get(entryKey(cursor)), now));
    });
    const count = seen.head.count + next - seen.head.next;
    const head = { ...seen.head, next, count, at: now, epoch: seen.head.epoch + 1 };
    return { head, writes, ids: named.map(({ id }) => id), cursors };
  });
}

/** The entries of the range are replaced by these, in their place; see `HistoryStore.replace`. */
export async function replaceEntries(
  rewrite: Rewrite,
  range: { readonly from?: string; readonly to?: string },
  entries: readonly NewEntry[],
  expected: number,
): Promise<AppendResult> {
  if (range.from !== undefined) checkCursor("from", range.from);
  if (range.to !== undefined) checkCursor("to", range.to);
  checkWhole("expected", expected);
  const named = copiesOf(nameEntries(entries, rewrite.operationId, "replace"));
  return rewriting(rewrite, "replace", named, async (partition, snapshot, seen, now) => {
    const low = cursorOf(seen.head.from);
    const start = range.from === undefined || range.from < low ? low : range.from;
    const old = await entriesIn(partition, start, range.to ?? cursorOf(seen.head.next), now);
    if (old.length !== expected)
      throw new ConflictError(
        `The range holds ${old.length} entries, not ${expected}; nothing was written.`,
        { key: HEAD },
      );
    const gone = old.map((record) => decodeEntry(record));
    const goneIds = new Set(gone.map(({ id }) => id));
    refuseElsewhere(named, snapshot, seen, goneIds);
    for (const entry of named) if (!goneIds.has(entry.id)) refuseOwnId(entry);
    const places = gone.map(({ cursor }) => cursor);
    const cursors = await placesFor(partition, named.length, places, seen.head.next, now);
    const kept = new Set(cursors);
    const ids = new Set(named.map(({ id }) => id));
    const writes: Write[] = [
      ...gone
        .filter(({ cursor }) => !kept.has(cursor))
        .map(({ cursor }): Write => ({ op: "delete", key: entryKey(cursor), expect: "any" })),
      ...gone
        .filter(({ id }) => !ids.has(id))
        .map(({ id }): Write => ({ op: "delete", key: idKey(id), expect: "any" })),
      ...named.flatMap(({ id, value }, index) => place(id, value, cursors[index] ?? "", now)),
    ];
    const next = gone.length === 0 ? seen.head.next + named.length : seen.head.next;
    const count = seen.head.count - gone.length + named.length;
    const head = { ...seen.head, next, count, at: now, epoch: seen.head.epoch + 1 };
    return { head, writes, ids: named.map(({ id }) => id), cursors };
  });
}

/** No entry is left; see `HistoryStore.clear`. The head hides them all in one write; then they are deleted in bounded ones. */
export async function clearEntries(rewrite: Rewrite): Promise<void> {
  await rewriting(rewrite, "clear", [], async (_partition, _snapshot, { head }, now) => ({
    head: { ...head, count: 0, from: head.next, at: now, epoch: head.epoch + 1 },
    writes: [],
    ids: [],
    cursors: [],
  }));
  const partition = rewrite.context.thread(rewrite.threadId);
  await sweepHidden(partition, rewrite.context.now());
}

interface Rewritten {
  readonly head: CachedHead["head"];
  readonly writes: readonly Write[];
  readonly ids: readonly string[];
  readonly cursors: readonly string[];
}

/** Copies of our own: what cannot be kept is refused here, and what the caller does with its objects from now on changes nothing. */
function copiesOf(named: readonly NamedEntry[]): readonly NamedEntry[] {
  return named.map((entry) => ({ ...entry, value: decodeText(encodeText(entry.value)) }));
}

type RewritePlan = (
  partition: Partition,
  snapshot: Snapshot,
  seen: CachedHead,
  now: number,
) => Promise<Rewritten>;

/**
 * Reads the head, the ids and the lease, lets `plan` decide, and writes it all against what was read. A thread that a run holds is refused; one that is not there is
 * made for new entries only.
 */
async function rewriting(
  { context, cache, threadId, operationId }: Rewrite,
  verb: string,
  named: readonly NamedEntry[],
  plan: RewritePlan,
): Promise<AppendResult> {
  checkId("threadId", threadId);
  if (operationId !== undefined) checkId("operationId", operationId);
  await context.ready();
  const partition = context.thread(threadId);
  const now = context.now();
  const operation = operationId === undefined ? undefined : operationKey(verb, operationId);
  const keys = [HEAD, LIFE, LEASE, ...named.map(({ id }) => idKey(id))];
  if (operation !== undefined) keys.unshift(operation);
  return transact(partition, now, async (): Promise<Decision<AppendResult>> => {
    const snapshot = await partition.read(keys, now);
    const life = lifeIn(context, snapshot);
    const done = operation === undefined ? undefined : snapshot.get(operation);
    if (done) return { answer: decodeResult(done) };
    const draft = async (seen: CachedHead): Promise<Plan<AppendResult>> => {
      const { head, writes, ids, cursors } = await plan(partition, snapshot, seen, now);
      const first =
        operation === undefined
          ? []
          : [operationWrite(operation, { ids, cursors }, now, context.operationTtlMs)];
      return {
        writes: [...first, leaseFree(snapshot), ...headWrites(context, seen, head), ...writes],
        landed: () => ({ ids, cursors, replayed: false }),
      };
    };
    cache.delete(partition.name);
    if (!life && named.length === 0) return { answer: (await draft(unseen)).landed(0) };
    return draftSeen(context, threadId, snapshot, draft);
  });
}

function leaseFree(snapshot: Snapshot): Write {
  const record = snapshot.get(LEASE);
  const { run } = (record?.value() ?? {}) as { readonly run?: string };
  if (run !== undefined)
    throw new ConflictError("A run has the thread, and its history only grows until it is over.", {
      key: LEASE,
    });
  return { op: "check", key: LEASE, expect: record?.revision ?? "present" };
}

function cursorIn(snapshot: Snapshot, id: string, seen: CachedHead): string | undefined {
  const record = snapshot.get(idKey(id));
  const cursor = record && decodeCursor(record);
  return cursor !== undefined && cursor >= cursorOf(seen.head.from) ? cursor : undefined;
}

function refuseElsewhere(
  named: readonly NamedEntry[],
  snapshot: Snapshot,
  seen: CachedHead,
  gone: ReadonlySet<string>,
): void {
  for (const { id } of named)
    if (!gone.has(id) && cursorIn(snapshot, id, seen) !== undefined)
      throw new StorageError(
        "INVALID_ARGUMENT",
        "A new entry has the id of one outside the range; nothing was written.",
      );
}

function place(id: string, value: unknown, cursor: string, createdAt: number): Write[] {
  return [
    { op: "put", key: idKey(id), value: encodeValue(cursor), expect: "any" },
    { op: "put", key: entryKey(cursor), value: encodeEntry(id, value, createdAt), expect: "any" },
  ];
}

function firstWritten(record: OpenRecord | undefined, now: number): number {
  return record ? decodeEntry(record).createdAt.getTime() : now;
}

/** The places of the replaced entries, then places between the last of them and what follows; at the end of the history where the range was empty. */
async function placesFor(
  partition: Partition,
  count: number,
  old: readonly string[],
  next: number,
  now: number,
): Promise<string[]> {
  const places = old.slice(0, count);
  const last = old.at(-1);
  if (last === undefined)
    return Array.from({ length: count }, (_, index) => cursorOf(next + index));
  if (places.length === count) return places;
  const range = { from: entryKey(`${last}!`), to: entryKey("~"), limit: 1 };
  const [follower] = (await partition.scan(range, now)).records;
  let base = last;
  while (follower?.key.startsWith(entryKey(`${base}.`))) base = `${base}.0000`;
  for (let extra = 1; places.length < count; extra += 1)
    places.push(`${base}.${String(extra).padStart(4, "0")}`);
  return places;
}

async function entriesIn(
  partition: Partition,
  from: string,
  to: string,
  now: number,
): Promise<OpenRecord[]> {
  const records: OpenRecord[] = [];
  const { maxWrites } = partition.backend.limits;
  const bounds = entriesBetween(from, to);
  for (let low = bounds.from; ; ) {
    const page = await partition.scan({ from: low, to: bounds.to, limit: maxWrites }, now);
    records.push(...page.records);
    if (records.length > maxWrites)
      throw new StorageError(
        "TOO_LARGE",
        `A range of more than ${maxWrites} entries cannot be replaced in one write; replace it in parts.`,
      );
    if (page.next === undefined) return records;
    low = page.next;
  }
}
