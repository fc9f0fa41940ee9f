import type { StorageThreadType } from "@mastra/core/memory";
import { ConflictError, type HistoryEntry, type Store } from "@perdure/checkpoint-core";
import { type Kept, keptOf, merged } from "./kept.ts";
import { change, isDeleted, placeOf } from "./place.ts";

/** The messages of a conversation, as they were written; none of one that is not there. */
export async function messagesOf({ history }: Store, threadId: string): Promise<readonly Kept[]> {
  const entries = await orGone(history.read<Kept>(placeOf("thread", threadId)));
  return (entries ?? []).map(({ value }) => value);
}

/** Each message stands where the one of its id stood in its conversation, or at the end. A conversation that was deleted begins anew. */
export async function saveMessages(store: Store, messages: readonly Kept[]): Promise<void> {
  for (const [threadId, some] of Map.groupBy(messages, (message) => message.threadId ?? "")) {
    const place = placeOf("thread", threadId);
    const entries = some.map((message) => ({ id: message.id, value: keptOf(message) }));
    try {
      await store.history.upsert(place, entries);
    } catch (error) {
      if (!isDeleted(error)) throw error;
      await store.threads.create(place);
      await store.history.upsert(place, entries);
    }
    await touch(store, place);
  }
}

/**
 * The message as it stands is put together with what is new, as one step; nothing where it is gone. One that goes to another conversation is written there first: a process that dies then leaves it
 * in both, and not in none.
 */
export async function updateMessage(
  store: Store,
  { id, threadId = "" }: Kept,
  update: Partial<Kept>,
): Promise<Kept | undefined> {
  const { history } = store;
  const place = placeOf("thread", threadId);
  const next = (message: Kept): Kept => keptOf(merged(message, update));
  if ([undefined, threadId].includes(update.threadId)) {
    const updated = await orGone(history.update(place, id, next));
    if (updated) await touch(store, place);
    return updated?.value;
  }
  for (;;) {
    const entry = await orGone(history.get<Kept>(place, id));
    if (!entry) return undefined;
    const value = next(entry.value);
    await saveMessages(store, [value]);
    if (!(await isTaken(store, place, entry))) continue;
    await touch(store, place);
    return value;
  }
}

/** The messages are taken out, wherever they stand, and whatever has become of them. */
export async function removeMessages(
  store: Store,
  threadId: string,
  ids: ReadonlySet<string>,
): Promise<void> {
  const place = placeOf("thread", threadId);
  for (const { id } of (await orGone(store.history.read(place))) ?? []) {
    if (!ids.has(id)) continue;
    for (let isLeft = true; isLeft; ) {
      const entry = await orGone(store.history.get(place, id));
      isLeft = entry !== undefined && !(await isTaken(store, place, entry));
    }
  }
  await touch(store, place);
}

/** Whether the entry was taken out as it was seen; false where it was rewritten, or went, meanwhile. Throws `CONFLICT` while a run has the thread. */
async function isTaken(
  { history }: Store,
  place: string,
  { id, cursor, revision }: HistoryEntry,
): Promise<boolean> {
  const range = { from: cursor, to: cursor };
  try {
    await orGone(history.replace(place, range, [], { expected: 1, expectedRevision: revision }));
    return true;
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    const left = await orGone(history.get(place, id));
    if (left?.revision === revision) throw error;
    return false;
  }
}

/** What is answered; nothing where the conversation was deleted. */
async function orGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isDeleted(error)) return undefined;
    throw error;
  }
}

/** A conversation whose messages have been written was active then. */
async function touch(store: Store, place: string): Promise<void> {
  await change<StorageThreadType>(
    store,
    place,
    (thread) => thread && { ...thread, updatedAt: new Date() },
  );
}
