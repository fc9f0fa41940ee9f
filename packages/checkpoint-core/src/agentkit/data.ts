import { decodeText, encodeText } from "../codec/text.ts";
import { StorageError } from "../errors.ts";
import { checkGiven } from "../given.ts";
import type { Store } from "../store/contract.ts";
import type { StateData, StateLike } from "./contract.ts";

/*
 * A network's `state.data` is a checkpoint of the thread, written with the results that it belongs to. A run begins with the one that its first request found: a step
 * keeps it, or its id where it is large, so that every replay begins with the same.
 */

/** Marks our checkpoints: others may stand in the same thread. */
export const DATA_MARK: StateData = { of: "state.data" };

/** What a step keeps of the data that a run begins with: its text, or where it is. */
export type PinnedData = { readonly text: string } | { readonly checkpoint: string } | null;

/** Units of text up to which a step keeps the data itself. */
const MAX_PINNED = 32 * 1024;
/** Checkpoints of others that may have come since; beyond them a thread counts as one without data. */
const MAX_OTHERS = 1000;
/** Checkpoints looked at together: the first is ours, mostly. */
const FIRST_PAGE = 5;
const PAGE = 200;

/** The data that was saved last, as a step may keep it. */
export async function pinData(store: Store, threadId: string): Promise<PinnedData> {
  const last = await lastData(store, threadId);
  if (last === undefined) return null;
  const text = encodeText(await read(store, threadId, last));
  return text.length <= MAX_PINNED ? { text } : { checkpoint: last };
}

/** A network's `state.data` as a thread has it. */
export interface SavedData {
  /** The checkpoint that it is. */
  readonly id: string;
  readonly data: StateData;
}

/** The `state.data` that was saved last in a thread, by a history or by a run; or the one of that checkpoint. Nothing where there is none. `NOT_FOUND` for a checkpoint that is gone. */
export async function savedStateData(
  store: Store,
  threadId: string,
  checkpointId?: string,
): Promise<SavedData | undefined> {
  checkGiven("savedStateData", { store }, { store: "store" });
  const id = checkpointId ?? (await lastData(store, threadId));
  return id === undefined
    ? undefined
    : { id, data: (await read(store, threadId, id)) as StateData };
}

/** The `state.data` is what the thread goes on with from now on. */
export async function saveStateData(
  store: Store,
  threadId: string,
  data: StateData,
  options: { readonly operationId: string },
): Promise<void> {
  checkGiven("saveStateData", { store }, { store: "store" });
  checkGiven("saveStateData", options, { operationId: "text" });
  const { operationId } = options;
  await store.checkpoints.put(threadId, data, { operationId, metadata: DATA_MARK });
}

/** The id of the newest checkpoint of ours. */
async function lastData({ checkpoints }: Store, threadId: string): Promise<string | undefined> {
  let before: string | undefined;
  for (let seen = 0, limit = FIRST_PAGE; seen < MAX_OTHERS; seen += limit, limit = PAGE) {
    const page = await checkpoints.list(
      threadId,
      before === undefined ? { limit } : { limit, before },
    );
    const found = page.find(({ metadata }) => metadata?.["of"] === DATA_MARK["of"]);
    before = page.at(-1)?.id;
    if (found || page.length < limit) return found?.id;
  }
  return undefined;
}

/** The state has the data that was pinned, as `merge` puts it together with what it was given. */
export async function restoreData(
  store: Store,
  threadId: string,
  { data }: StateLike,
  pinned: PinnedData,
  merge: (saved: StateData, given: StateData) => StateData = inFront,
): Promise<void> {
  if (pinned === null || typeof data !== "object" || data === null) return;
  const saved =
    "text" in pinned ? decodeText(pinned.text) : await read(store, threadId, pinned.checkpoint);
  const merged = merge(saved as StateData, { ...data });
  for (const key of Object.keys(data))
    if (!Object.hasOwn(merged, key)) Reflect.deleteProperty(data, key);
  // Defined, not assigned: a key like `__proto__` is data here.
  for (const [key, value] of Object.entries(merged))
    Object.defineProperty(data, key, {
      value,
      configurable: true,
      enumerable: true,
      writable: true,
    });
}

/** What is to be saved of a state: nothing where there is no data and there was none. */
export function dataOf({ data }: StateLike): StateData | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  return Object.keys(data).length === 0 ? undefined : { ...data };
}

function inFront(saved: StateData, given: StateData): StateData {
  return { ...given, ...saved };
}

async function read(store: Store, threadId: string, id: string): Promise<unknown> {
  const state = await store.checkpoints.get(threadId, id);
  if (state === null)
    throw new StorageError(
      "NOT_FOUND",
      "The state.data that this run began with has been removed since.",
    );
  return state;
}
