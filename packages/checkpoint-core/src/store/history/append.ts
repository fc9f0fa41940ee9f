import type { Write } from "../../backend/contract.ts";
import { StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { checkId, checkOperationId, operationKey, operationWrite } from "../operation.ts";
import type { Draft, Part } from "../part.ts";
import { encodeValue, type Snapshot } from "../partition.ts";
import { checkOwner, ensureThread, LIFE, type Life, lifeIn } from "../threads/life.ts";
import { type Decision, transact } from "../transact.ts";
import type { CachedHead, HeadCache } from "./cache.ts";
import type { AppendResult, NewEntry } from "./contract.ts";
import {
  cursorOf,
  decodeCursor,
  decodeHead,
  encodeEntry,
  entryKey,
  HEAD,
  type HistoryHead,
  idKey,
} from "./record.ts";

/** An entry whose id is settled. */
export type NamedEntry = NewEntry & { readonly id: string };

/** The entries stand at the end of the thread, all or none; see `HistoryStore.append`. */
export async function appendEntries(
  context: StoreContext,
  cache: HeadCache,
  threadId: string,
  entries: readonly NewEntry[],
  operationId: string | undefined,
): Promise<AppendResult> {
  checkId("threadId", threadId);
  const named = nameEntries(entries, operationId);
  const now = context.now();
  const encoded = encodeEntries(named, now);
  await context.ready();
  const partition = context.thread(threadId);
  const operation = operationId === undefined ? undefined : operationKey("append", operationId);
  const base = { context, cache, partition: partition.name, entries: encoded, now, operation };
  return transact(partition, now, async (attempt) => {
    const warm = attempt === 0 ? cache.get(partition.name) : undefined;
    if (warm) {
      checkOwner(context, warm.life);
      return orAnswer(draftAppend(base, warm, new Map()));
    }
    const keys = [HEAD, LIFE, ...named.map(({ id }) => idKey(id))];
    if (operation !== undefined) keys.unshift(operation);
    const snapshot = await partition.read(keys, now);
    const done = operation === undefined ? undefined : snapshot.get(operation);
    if (done) return { answer: { ...(done.value() as AppendResult), replayed: true } };
    return orAnswer(draftAppend(base, await seenIn(context, threadId, snapshot), snapshot));
  });
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
    async draft(snapshot) {
      const seen = await seenIn(context, threadId, snapshot);
      return draftAppend(
        { context, cache, partition: name, entries: encoded, now },
        seen,
        snapshot,
      );
    },
  };
}

/** The head and the life that a snapshot shows; a thread that is not there yet is made. Throws `FORBIDDEN` for another user's. */
export async function seenIn(
  context: StoreContext,
  threadId: string,
  snapshot: Snapshot,
): Promise<CachedHead> {
  const life = lifeIn(context, snapshot) ?? (await ensureThread(context, threadId));
  const record = snapshot.get(HEAD);
  return { revision: record?.revision ?? 0, head: decodeHead(record), life };
}

/** Refuses an entry that nothing names, and names the others: by their own id, or by the operation and their place in it. */
export function nameEntries(
  entries: readonly NewEntry[],
  operationId: string | undefined,
): NamedEntry[] {
  if (operationId !== undefined) checkOperationId(operationId);
  const named = entries.map((entry, index) => {
    const id = entry.id ?? (operationId === undefined ? undefined : `${operationId}:${index}`);
    if (id === undefined)
      throw new StorageError(
        "INVALID_ARGUMENT",
        "An entry needs an id, or the call an operationId: without either a retry would write it twice.",
      );
    checkId("An entry's id", id);
    return { ...entry, id };
  });
  if (new Set(named.map(({ id }) => id)).size < named.length)
    throw new StorageError("INVALID_ARGUMENT", "Two entries of one call have the same id.");
  return named;
}

interface EncodedEntry {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** The entries as bytes of our own: what cannot be kept is refused here, and what the caller does with its objects from now on changes nothing. */
function encodeEntries(entries: readonly NamedEntry[], now: number): readonly EncodedEntry[] {
  return entries.map(({ id, value }) => ({ id, bytes: encodeEntry(id, value, now) }));
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
  return bound ? [checkLife(seen.life), put] : [put];
}

function checkLife(life: Life): Write {
  return { op: "check", key: LIFE, expect: life.revision };
}

interface AppendDraft {
  readonly context: StoreContext;
  readonly cache: HeadCache;
  readonly partition: string;
  readonly entries: readonly EncodedEntry[];
  readonly now: number;
  readonly operation?: string | undefined;
}

function draftAppend(
  { context, cache, partition, entries, now, operation }: AppendDraft,
  seen: CachedHead,
  snapshot: Snapshot,
): HistoryDraft {
  const writes: Write[] = [];
  const cursors: string[] = [];
  let { next } = seen.head;
  for (const { id, bytes } of entries) {
    const there = snapshot.get(idKey(id));
    const kept = there && decodeCursor(there);
    if (kept !== undefined && kept >= cursorOf(seen.head.from)) {
      cursors.push(kept);
      continue;
    }
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
  const first =
    operation === undefined ? [] : [operationWrite(operation, stored, now, context.operationTtlMs)];
  cache.delete(partition);
  return {
    planned: stored,
    writes: [...first, ...(added === 0 ? [] : headWrites(context, seen, head)), ...writes],
    landed(revision) {
      if (added > 0) cache.set(partition, { revision, head, life: seen.life });
      return { ...stored, replayed: false };
    },
  };
}
