import type { Write } from "../../backend/contract.ts";
import { StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { encodeText } from "../../codec/text.ts";
import {
  checkId,
  checkOperationId,
  doneIn,
  type Operation,
  operationKeys,
  operationOf,
  type OperationOptions,
} from "../operation.ts";
import type { Draft, Part } from "../part.ts";
import { encodeValue, type Partition, type Snapshot } from "../partition.ts";
import { digestsOf } from "../payload.ts";
import { ensureThread, LIFE, type Life, lifeCheck, lifeIn } from "../life/life.ts";
import { readMany } from "../chunks.ts";
import { type Decision, type Plan, transact } from "../transact.ts";
import type { CachedHead, HeadCache } from "./cache.ts";
import type { AppendResult, NewEntry } from "./contract.ts";
import { checkEntries } from "./entries.ts";
import { findEntries, whereKeys } from "./find.ts";
import { appendWrites } from "./forget.ts";
import {
  cursorOf,
  decodeHead,
  decodeResult,
  emptyHead,
  encodeHead,
  entryKey,
  HEAD,
  type HistoryHead,
  idKey,
  isOwnId,
  madeId,
  sealEntry,
} from "./record.ts";
import { requireRoom } from "./room.ts";

/** An entry whose id is settled. */
export type NamedEntry = NewEntry & {
  readonly id: string;
  /** True where the caller has given an id of the store's own: it can only mean an entry that is there. */
  readonly known?: boolean;
  /** True for one that is written only where the history is empty at that moment. */
  readonly ahead?: boolean;
  /** True for an id that the call has made, so that the record of its operation can stand for it. */
  readonly made?: boolean;
};

/** The entries stand at the end of the thread, all or none; see `HistoryStore.append`. */
export async function appendEntries(
  context: StoreContext,
  cache: HeadCache,
  threadId: string,
  entries: readonly NewEntry[],
  options: OperationOptions,
): Promise<AppendResult> {
  checkId("threadId", threadId);
  const named = nameEntries(entries, options.operationId, "append");
  const now = context.now();
  const encoded = encodeEntries(named, now);
  const operation = operationOf("append", options, () => ({ entries: digestsOf(named) }));
  await context.ready();
  const partition = context.thread(threadId);
  const base = { context, cache, partition, entries: encoded, now, operation };
  const blind = !named.some(({ known }) => known);
  return transact(partition, now, async (attempt) => {
    const warm = attempt === 0 && blind ? cache.get(partition.name) : undefined;
    if (warm && isSeen(context, warm)) return orAnswer(await draftAppend(base, warm, new Map()));
    const own = [...operationKeys(operation), HEAD, LIFE];
    const keys = [...own, ...named.flatMap(({ id }) => whereKeys(id))];
    const snapshot = await readMany(partition, keys, now);
    const life = lifeIn(context, snapshot);
    const done = doneIn(snapshot, operation);
    if (done) return { answer: decodeResult(done) };
    if (!life && named.length === 0) return { answer: { ids: [], cursors: [], replayed: false } };
    const draft = async (seen: CachedHead): Promise<HistoryDraft> =>
      draftAppend(base, seen, snapshot);
    return orAnswer(await draftSeen(context, threadId, snapshot, draft));
  });
}

/** A cached head may be of a life that is over: it never refuses anybody, and whom it does not know reads first. */
function isSeen({ scope }: StoreContext, { life }: CachedHead): boolean {
  return scope.user === undefined || life.owner === scope.user;
}

/** Where there is nothing to be written, that is the answer. */
export function orAnswer(draft: Plan<AppendResult>): Decision<AppendResult> {
  return draft.writes.length === 0 ? { answer: draft.landed(0) } : draft;
}

/** An append whose places are known before it lands, so that other records of the same write can name them. */
export interface HistoryDraft extends Draft<AppendResult> {
  readonly planned: Pick<AppendResult, "ids" | "cursors">;
}

/** The share of a history append in a commit. */
export interface HistoryPart extends Part<AppendResult> {
  draft(snapshot: Snapshot): Promise<HistoryDraft>;
}

/** Appends as a share of a commit. */
export function historyPart(
  context: StoreContext,
  cache: HeadCache,
  threadId: string,
  entries: readonly NamedEntry[],
  now: number,
): HistoryPart {
  const partition = context.thread(threadId);
  const encoded = encodeEntries(entries, now);
  return {
    keys: [HEAD, LIFE, ...entries.flatMap(({ id }) => whereKeys(id))],
    draft: (snapshot) =>
      draftSeen(context, threadId, snapshot, async (seen) =>
        draftAppend({ context, cache, partition, entries: encoded, now }, seen, snapshot),
      ),
  };
}

/**
 * A draft on the head and the life that a snapshot shows. A thread that is not there yet is made, but only once the draft has refused what cannot be stored there
 * and its size has been looked at. Throws `FORBIDDEN` for another user's.
 */
export async function draftSeen<D extends { readonly writes: readonly Write[] }>(
  context: StoreContext,
  threadId: string,
  snapshot: Snapshot,
  draft: (seen: CachedHead) => Promise<D>,
): Promise<D> {
  const life = lifeIn(context, snapshot);
  if (life) return draft(seenIn(snapshot, life));
  const { writes } = await draft(unseen);
  context.thread(threadId).check(writes);
  return draft(seenIn(snapshot, await ensureThread(context, threadId)));
}

/** The head that a snapshot shows, in a life. */
function seenIn(snapshot: Snapshot, life: Life): CachedHead {
  const record = snapshot.get(HEAD);
  return { revision: record?.revision ?? 0, head: decodeHead(record), life };
}

/** What is seen of a thread that is not there. */
export const unseen: CachedHead = {
  revision: 0,
  head: emptyHead,
  life: { revision: 0, createdAt: 0 },
};

/** Refuses an entry that nothing names, and names the others: by their own id, or by the verb, the operation and their place in it. */
export function nameEntries(
  entries: readonly NewEntry[],
  operationId: string | undefined,
  verb: string,
): NamedEntry[] {
  if (operationId !== undefined) checkOperationId(operationId);
  checkEntries(entries);
  const named = entries.map(({ id, value }, index): NamedEntry => {
    if (id !== undefined) {
      checkId("An entry's id", id);
      return { id, value, known: isOwnId(id) };
    }
    if (operationId === undefined)
      throw new StorageError(
        "INVALID_ARGUMENT",
        "An entry needs an id, or the call an operationId: without either a retry would write it twice.",
      );
    return { id: madeId(verb, operationId, index), value, made: true };
  });
  if (named.length > 1 && new Set(named.map(({ id }) => id)).size < named.length)
    throw new StorageError("INVALID_ARGUMENT", "Two entries of one call have the same id.");
  return named;
}

/** Refuses an entry that is to be new under an id that only the store gives. */
export function refuseOwnId({ known }: Pick<NamedEntry, "known">): void {
  if (known)
    throw new StorageError(
      "INVALID_ARGUMENT",
      `An entry's id begins with "~" and names none that is there: such ids are the store's to give.`,
    );
}

interface EncodedEntry {
  readonly id: string;
  readonly known: boolean;
  readonly ahead: boolean;
  readonly made: boolean;
  readonly bytes: Uint8Array;
}

/** The entries as bytes of our own: what cannot be kept is refused here, and what the caller does with its objects from now on changes nothing. */
function encodeEntries(entries: readonly NamedEntry[], now: number): readonly EncodedEntry[] {
  return entries.map(({ id, value, known = false, ahead = false, made = false }) => ({
    id,
    known,
    ahead,
    made,
    bytes: sealEntry(id, encodeText(value), now),
  }));
}

/** The head's entry: compared with the revision that was seen. A head that was never written is safe by its thread's life. */
export function headWrites(
  context: StoreContext,
  seen: CachedHead,
  head: HistoryHead,
): readonly Write[] {
  const put: Write = {
    op: "put",
    key: HEAD,
    value: encodeHead(head),
    expect: seen.revision === 0 ? "absent" : seen.revision,
  };
  const bound = context.scope.user !== undefined || seen.revision === 0;
  return bound ? [lifeCheck(seen.life), put] : [put];
}

interface AppendDraft {
  readonly context: StoreContext;
  readonly cache: HeadCache;
  readonly partition: Partition;
  readonly entries: readonly EncodedEntry[];
  readonly now: number;
  /** The append's own name. In a commit it is the commit that has one. */
  readonly operation?: Operation | undefined;
}

/** Without those that are only written where the history is empty, where it is not. */
function writable(entries: readonly EncodedEntry[], { head }: CachedHead): readonly EncodedEntry[] {
  return head.count === 0 ? entries : entries.filter(({ ahead }) => !ahead);
}

async function draftAppend(
  { context, cache, partition, entries: given, now, operation }: AppendDraft,
  seen: CachedHead,
  snapshot: Snapshot,
): Promise<HistoryDraft> {
  const entries = writable(given, seen);
  const ids = entries.map(({ id }) => id);
  const there = await findEntries(partition, snapshot, ids, seen.head, now);
  const writes: Write[] = [];
  const cursors: string[] = [];
  let [{ next }, left] = [seen.head, 0];
  for (const entry of entries) {
    const kept = there.get(entry.id);
    const cursor = kept?.cursor ?? cursorOf(next);
    cursors.push(cursor);
    if (kept) continue;
    refuseOwnId(entry);
    next += 1;
    const stands = entry.made && operation !== undefined;
    if (stands) left += 1;
    writes.push(...idWrites(snapshot, entry.id, cursor, { stands, head: seen.head }));
    writes.push({ op: "put", key: entryKey(cursor), value: entry.bytes, expect: "absent" });
  }
  const added = next - seen.head.next;
  const head = { ...seen.head, next, count: seen.head.count + added, at: now };
  const first: Write[] = [];
  if (operation !== undefined)
    first.push(...appendWrites(operation, { ids, cursors, left }, now, context.operationTtlMs));
  if (added > 0) first.push(...headWrites(context, seen, head));
  else if (operation !== undefined) first.push(lifeCheck(seen.life));
  const records = first.length + writes.length;
  requireRoom(partition, "An append", { entries: added, records, own: first.length });
  cache.delete(partition.name);
  return {
    planned: { ids, cursors },
    writes: [...first, ...writes],
    landed(revision) {
      if (added > 0) cache.set(partition.name, { revision, head, life: seen.life });
      return { ids, cursors, replayed: false };
    },
  };
}

/**
 * An id's own record: as it was seen, so that two writers of one id never both write it. None where the operation's stands for it, but a look at it: what was rewritten, or copied
 * from another thread, may hold the id already.
 */
function idWrites(
  snapshot: Snapshot,
  id: string,
  cursor: string,
  { stands, head }: { readonly stands: boolean; readonly head: HistoryHead },
): readonly Write[] {
  if (stands && head.epoch === 0 && snapshot.size === 0) return [];
  const key = idKey(id);
  const expect = snapshot.get(key)?.revision ?? "absent";
  if (!stands || expect !== "absent")
    return [{ op: "put", key, value: encodeValue(cursor), expect }];
  return head.epoch === 0 ? [] : [{ op: "check", key, expect }];
}
