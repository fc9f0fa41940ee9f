import {
  type AppendResult,
  checkGiven,
  digestOf,
  type HistoryEntry,
  isStorageError,
  type Store,
} from "@perdure/checkpoint-core";
import type { ModelMessage } from "ai";
import { modelMessagesOf } from "./messages.ts";

/** Which messages are meant, and how the write is named. */
export interface UpsertMessagesOptions {
  /** Names the messages, which have no ids of their own: of one answer, one request, one run. The same again means the same ones. */
  readonly id: string;
  /** A retry under the same one changes nothing, also where the messages have been rewritten since. */
  readonly operationId?: string;
}

/** A thread as the messages that a model is told. */
export interface ModelMessageHistory {
  load(threadId: string): Promise<ModelMessage[]>;
  /** The messages stand at the end of the thread, once for each operation id. */
  append(
    threadId: string,
    messages: readonly ModelMessage[],
    options: { readonly operationId: string },
  ): Promise<AppendResult>;
  /**
   * These are the messages of this id, in one write: each stands where the one in its place of the list stood, further ones behind the last of them, or at the end of the thread where there were none,
   * and what is left over of a longer list is gone. So an answer is written after each of its steps, and again when it is resumed or asked for anew, and is never there twice.
   *
   * `CONFLICT` while a run has the thread.
   */
  upsert(
    threadId: string,
    messages: readonly ModelMessage[],
    options: UpsertMessagesOptions,
  ): Promise<void>;
}

/** The history of agents on a server, for a result's `responseMessages`. */
export function modelMessageHistory(store: Store): ModelMessageHistory {
  checkGiven("modelMessageHistory", { store }, { store: "store" });
  return {
    async load(threadId) {
      const entries = await store.history.read(threadId);
      return modelMessagesOf(entries.map(({ value }) => value));
    },
    append: async (threadId, messages, { operationId }) =>
      store.history.append(
        threadId,
        messages.map((value) => ({ value })),
        { operationId },
      ),
    async upsert(threadId, messages, options) {
      checkGiven("upsert", { messages }, { messages: "list" });
      checkGiven("upsert", options, { id: "text" });
      for (let isDone = false; !isDone; ) {
        const seen = await placeOf(store, threadId, options.id);
        isDone = await isWritten(store, threadId, messages, { ...options, seen });
      }
    },
  };
}

/** Behind every place of a history: an empty range there is the end of the thread. */
const END = "9".repeat(16);

/** The messages of an id, with what stands between them. */
async function placeOf(
  { history }: Store,
  threadId: string,
  id: string,
): Promise<readonly HistoryEntry[]> {
  const own: HistoryEntry[] = [];
  for (;;) {
    const entry = await history.get(threadId, nameOf(id, own.length));
    if (!entry) break;
    own.push(entry);
  }
  const [first] = own;
  const last = own.at(-1);
  if (!first || !last) return [];
  return [first, ...(await history.read(threadId, { after: first.cursor, upTo: last.cursor }))];
}

/** False where somebody has rewritten them, or what stands between them, meanwhile. */
async function isWritten(
  store: Store,
  threadId: string,
  messages: readonly ModelMessage[],
  { id, operationId, seen }: UpsertMessagesOptions & { readonly seen: readonly HistoryEntry[] },
): Promise<boolean> {
  const range = { from: seen[0]?.cursor ?? END, to: seen.at(-1)?.cursor };
  const expectedRevision = Math.max(0, ...seen.map(({ revision }) => revision));
  const options = { expected: seen.length, expectedRevision };
  const named = operationId === undefined ? {} : { operationId };
  const entries = entriesOf(seen, id, messages);
  try {
    await store.history.replace(threadId, range, entries, { ...options, ...named });
    return true;
  } catch (error) {
    // An id that somebody else has begun meanwhile is no conflict of the range's, but an id of another place.
    if (!isStorageError(error) || !["CONFLICT", "INVALID_ARGUMENT"].includes(error.code))
      throw error;
    const now = await placeOf(store, threadId, id);
    if (digestOf(revisionsOf(now)) === digestOf(revisionsOf(seen))) throw error;
    return false;
  }
}

/** What stands in their place from now on: between them what stood there, and behind them what is new. */
function entriesOf(
  seen: readonly HistoryEntry[],
  id: string,
  messages: readonly ModelMessage[],
): readonly { readonly id: string; readonly value: unknown }[] {
  const own = messages.map((value, index) => ({ id: nameOf(id, index), value }));
  const names = new Set(own.map((entry) => entry.id));
  const isOwn = (entry: HistoryEntry): boolean =>
    entry.id.startsWith(`${id}/`) && /^\d+$/.test(entry.id.slice(id.length + 1));
  const kept = seen.flatMap((entry) => {
    if (!isOwn(entry)) return [{ id: entry.id, value: entry.value }];
    if (!names.delete(entry.id)) return [];
    return own.filter((one) => one.id === entry.id);
  });
  return [...kept, ...own.filter((entry) => names.has(entry.id))];
}

function nameOf(id: string, index: number): string {
  return `${id}/${index}`;
}

function revisionsOf(entries: readonly HistoryEntry[]): readonly number[] {
  return entries.map(({ revision }) => revision);
}
