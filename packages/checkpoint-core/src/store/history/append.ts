import type { Write } from "../../backend/contract.ts";
import { StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { checkId, checkOperationId, operationKey, operationWrite } from "../operation.ts";
import type { Draft, Part } from "../part.ts";
import { encodeValue, type Snapshot } from "../partition.ts";
import { ensureThread, LIFE, type Life, lifeCheck, lifeIn } from "../threads/life.ts";
import { type Decision, transact } from "../transact.ts";
import type { CachedHead, HeadCache } from "./cache.ts";
import type { AppendResult, NewEntry } from "./contract.ts";
import {
  cursorOf,
  decodeCursor,
  decodeHead,
  decodeResult,
  emptyHead,
  encodeEntry,
  entryKey,
  HEAD,
  type HistoryHead,
  idKey,
  isOwnId,
  ownId,
} from "./record.ts";

/** An entry whose id is settled. */
export type NamedEntry = NewEntry & {
  readonly id: string;
  /** True where the caller has given an id of the store's own: it can only mean an entry that is there. */
  readonly known?: boolean;
  /** True for one that is written only where the history is empty at that moment. */
  readonly ahead?: boolean;
};

/** The entries stand at the end of the thread, all or none; see `HistoryStore.append`. */
export async function appendEntries(
  context: StoreContext,
  cache: HeadCache,
  threadId: string,
  entries: readonly NewEntry[],
  operationId: string | undefined,
): Promise<AppendResult> {
  checkId("threadId", threadId);
  const named = nameEntries(entries, operationId, "append");
  const now = context.now();
  const encoded = encodeEntries(named, now);
  await context.ready();
  const partition = context.thread(threadId);
  const operation = operationId === undefined ? undefined : operationKey("append", operationId);
  const base = { context, cache, partition: partition.name, entries: encoded, now, operation };
  const keys = [HEAD, LIFE, ...named.map(({ id }) => idKey(id))];
  if (operation !== undefined) keys.unshift(operation);
  const blind = !named.some(({ known }) => known);
  return transact(partition, now, async (attempt) => {
    const warm = attempt === 0 && blind ? cache.get(partition.name) : undefined;
    if (warm && isSeen(context, warm)) return orAnswer(draftAppend(base, warm, new Map()));
    const snapshot = await partition.read(keys, now);
    const life = lifeIn(context, snapshot);
    const done = operation === undefined ? undefined : snapshot.get(operation);
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

/** Where all is there already, nothing is to be written. */
function orAnswer(draft: Draft<AppendResult>): Decision<AppendResult> {
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
  const { name } = context.thread(threadId);
  const encoded = encodeEntries(entries, now);
  return {
    keys: [HEAD, LIFE, ...entries.map(({ id }) => idKey(id))],
    draft: (snapshot) =>
      draftSeen(context, threadId, snapshot, async (seen) =>
        draftAppend({ context, cache, partition: name, entries: encoded, now }, seen, snapshot),
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
    return { id: ownId(verb, operationId, index), value };
  });
  if (new Set(named.map(({ id }) => id)).size < named.length)
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
  readonly bytes: Uint8Array;
}

/** The entries as bytes of our own: what cannot be kept is refused here, and what the caller does with its objects from now on changes nothing. */
function encodeEntries(entries: readonly NamedEntry[], now: number): readonly EncodedEntry[] {
  return entries.map(({ id, value, known = false, ahead = false }) => ({
    id,
    known,
    ahead,
    bytes: encodeEntry(id, value, now),
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
    value: encodeValue(head),
    expect: seen.revision === 0 ? "absent" : seen.revision,
  };
  const bound = context.scope.user !== undefined || seen.revision === 0;
  return bound ? [lifeCheck(seen.life), put] : [put];
}

interface AppendDraft {
  readonly context: StoreContext;
  readonly cache: HeadCache;
  readonly partition: string;
  readonly entries: readonly EncodedEntry[];
  readonly now: number;
  readonly operation?: string | undefined;
}

/** Without those that are only written where the history is empty, where it is not. */
function writable(entries: readonly EncodedEntry[], { head }: CachedHead): readonly EncodedEntry[] {
  return head.count === 0 ? entries : entries.filter(({ ahead }) => !ahead);
}

function draftAppend(
  { context, cache, partition, entries: given, now, operation }: AppendDraft,
  seen: CachedHead,
  snapshot: Snapshot,
): HistoryDraft {
  const entries = writable(given, seen);
  const first: Write[] = [];
  const writes: Write[] = [];
  const cursors: string[] = [];
  let { next } = seen.head;
  for (const { id, known, bytes } of entries) {
    const there = snapshot.get(idKey(id));
    const kept = there && decodeCursor(there);
    if (kept !== undefined && kept >= cursorOf(seen.head.from)) {
      cursors.push(kept);
      continue;
    }
    refuseOwnId({ known });
    const cursor = cursorOf(next);
    const expect = there?.revision ?? "absent";
    cursors.push(cursor);
    writes.push({ op: "put", key: idKey(id), value: encodeValue(cursor), expect });
    writes.push({ op: "put", key: entryKey(cursor), value: bytes, expect: "absent" });
    next += 1;
  }
  const added = next - seen.head.next;
  const head = { ...seen.head, next, count: seen.head.count + added, at: now };
  const stored = { ids: entries.map(({ id }) => id), cursors };
  if (operation !== undefined)
    first.push(operationWrite(operation, stored, now, context.operationTtlMs));
  if (added > 0) first.push(...headWrites(context, seen, head));
  else if (operation !== undefined) first.push(lifeCheck(seen.life));
  cache.delete(partition);
  return {
    planned: stored,
    writes: [...first, ...writes],
    landed(revision) {
      if (added > 0) cache.set(partition, { revision, head, life: seen.life });
      return { ...stored, replayed: false };
    },
  };
}
