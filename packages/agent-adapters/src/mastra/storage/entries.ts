import { ConflictError, type HistoryEntry, type Store } from "@perdure/checkpoint-core";
import { isDeleted } from "./place.ts";

/** The entry of a place's history by its id; nothing where it is not there, nor of a place that was deleted. */
export async function entryIn<T>(
  { history }: Store,
  place: string,
  id: string,
): Promise<HistoryEntry<T> | undefined> {
  return orGone(history.get<T>(place, id));
}

/** Writes to a place, which begins anew where it was deleted. */
export async function writeIn(
  { threads }: Store,
  place: string,
  write: () => Promise<unknown>,
): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isDeleted(error)) throw error;
    await threads.create(place);
    await write();
  }
}

/** Whether the entry was taken out as it was seen; false where it was rewritten, or went, meanwhile. Throws `CONFLICT` while a run has the thread. */
export async function isTaken(
  store: Store,
  place: string,
  { id, cursor, revision }: HistoryEntry,
): Promise<boolean> {
  const range = { from: cursor, to: cursor };
  const seen = { expected: 1, expectedRevision: revision };
  try {
    await orGone(store.history.replace(place, range, [], seen));
    return true;
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    const left = await entryIn(store, place, id);
    if (left?.revision === revision) throw error;
    return false;
  }
}

/** What is answered; nothing where the place was deleted. */
export async function orGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isDeleted(error)) return undefined;
    throw error;
  }
}
