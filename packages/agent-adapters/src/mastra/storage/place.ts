import {
  ConflictError,
  ContentionError,
  isStorageError,
  StorageError,
  type Store,
} from "@perdure/checkpoint-core";

/** Kinds of things that Mastra keeps, each a thread of the store: a run of its workflows, a conversation, what is known of a resource, what an agent keeps of a conversation, a key of its cache. */
export type Kind = "run" | "thread" | "resource" | "state" | "cache";

/** What one of them is called in the store. */
export function placeOf(kind: Kind, id: string): string {
  return `mastra/${kind}/${id}`;
}

// Each try loses to a write of somebody else's; so many in a row are a thread that all of a cluster writes to.
const MAX_TRIES = 64;

/**
 * Writes what `apply` makes of what stands in the place, as one step: nobody else's write lies between what it saw and what it wrote. `apply` may be called several times; where it answers
 * nothing, nothing is written. A place that was deleted is made anew. Answers what `apply` answered.
 */
export async function change<T extends object>(
  store: Store,
  place: string,
  apply: (present: T | undefined) => T | undefined,
  ttlMs?: number,
): Promise<T | undefined> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    try {
      return await changeOnce(store, place, apply, ttlMs);
    } catch (error) {
      if (isDeleted(error)) await store.threads.create(place);
      else if (!(error instanceof ConflictError)) throw error;
    }
  }
  throw new ContentionError(`Too many write to ${place} at once.`);
}

async function changeOnce<T extends object>(
  store: Store,
  place: string,
  apply: (present: T | undefined) => T | undefined,
  ttlMs: number | undefined,
): Promise<T | undefined> {
  const head = await store.checkpoints.record(place);
  const before = head ? await store.checkpoints.get<T>(place, head.id) : undefined;
  const next = apply(before ?? undefined);
  if (next === undefined) return undefined;
  const kept = ttlMs === undefined ? {} : { ttlMs };
  await store.checkpoints.put(place, next, { expectedHead: head?.id ?? null, ...kept });
  return next;
}

/** What stands in the place; nothing where it was never made, or was deleted. */
export async function present<T>(store: Store, place: string): Promise<T | undefined> {
  try {
    return (await store.checkpoints.get<T>(place)) ?? undefined;
  } catch (error) {
    if (isDeleted(error)) return undefined;
    throw error;
  }
}

/** Whether a thread is gone. */
export function isDeleted(error: unknown): boolean {
  return isStorageError(error) && error.code === "DELETED";
}

// Reads at the same time, of places of one list.
const AT_ONCE = 20;

/** The ids of all of one kind, in no order. It goes through all threads of the store's scope. */
export async function idsOf(store: Store, kind: Kind): Promise<readonly string[]> {
  const prefix = placeOf(kind, "");
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.threads.list({
      limit: 200,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const { id } of page.threads) if (id.startsWith(prefix)) ids.push(id.slice(prefix.length));
    ({ cursor } = page);
  } while (cursor !== undefined);
  return ids;
}

/** What stands in all places of one kind. */
export async function allOf<T>(store: Store, kind: Kind): Promise<readonly T[]> {
  return readAll(await idsOf(store, kind), async (id) => present<T>(store, placeOf(kind, id)));
}

/** What `read` gives of each, without those that have nothing; some at a time. */
export async function readAll<T>(
  ids: readonly string[],
  read: (id: string) => Promise<T | undefined>,
): Promise<readonly T[]> {
  const found: T[] = [];
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = await Promise.all(ids.slice(from, from + AT_ONCE).map(read));
    for (const one of some) if (one !== undefined) found.push(one);
  }
  return found;
}

/** All of one kind are gone. */
export async function clear(store: Store, kind: Kind): Promise<void> {
  for (const id of await idsOf(store, kind)) await store.threads.delete(placeOf(kind, id));
}

/** A value as every database of Mastra's has it: what JSON keeps of it. Throws `INVALID_ARGUMENT` for what JSON cannot hold. */
export function asJson<T>(value: T): T {
  try {
    return JSON.parse(JSON.stringify(value)) as T;
  } catch (cause) {
    throw new StorageError("INVALID_ARGUMENT", "What Mastra gave to be stored is no JSON.", {
      cause,
    });
  }
}
