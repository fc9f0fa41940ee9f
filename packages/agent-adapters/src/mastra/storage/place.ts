import {
  ConflictError,
  ContentionError,
  isStorageError,
  type OneByOne,
  oneByOne,
  StorageError,
  type Store,
} from "@perdure/checkpoint-core";

/** Kinds of things that Mastra keeps, each a thread of the store: a run of its workflows, a conversation, what is known of a resource, what an agent keeps of a conversation, a key of its cache; and where messages stand. */
export type Kind = "run" | "thread" | "resource" | "state" | "cache" | "index";

/** What one of them is called in the store. */
export function placeOf(kind: Kind, id: string): string {
  return `mastra/${kind}/${id}`;
}

// Each try loses to a write of another process; so many in a row are a thread that all of a cluster writes to.
const MAX_TRIES = 64;

/** What a place holds whose deletion has begun: whoever comes next ends that life first. */
interface Over {
  readonly over: number;
}

/** The changes of this process, by store: those of one place go one by one. */
const changes = new WeakMap<Store, OneByOne>();

/** What becomes of a place: what it holds from now on, `"gone"` for an end of it with all that belongs to it, and nothing where it stays as it is. */
type Change<T> = (present: T | undefined) => T | "gone" | undefined;

/**
 * Writes what `apply` makes of what stands in the place, as one step: nobody else's write lies between what it saw and what it wrote. `apply` may be called several times. A place that was
 * deleted is made anew. Answers what `apply` answered, where something stands there now.
 */
export async function change<T extends object>(
  store: Store,
  place: string,
  apply: Change<T>,
  ttlMs?: number,
): Promise<T | undefined> {
  const line = changes.get(store) ?? oneByOne();
  changes.set(store, line);
  return line(place, async () => {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const changed = await changeOnce(store, place, apply, ttlMs);
      if (changed) return changed.value;
    }
    throw new ContentionError(`Too many write to ${place} at once.`);
  });
}

/** Nothing where somebody was faster. */
async function changeOnce<T extends object>(
  store: Store,
  place: string,
  apply: Change<T>,
  ttlMs: number | undefined,
): Promise<{ readonly value?: T } | undefined> {
  const { threads } = store;
  const seen = await look<T>(store, place);
  if (!seen) return undefined;
  const { head, state } = seen;
  if (isOver(state)) {
    await threads.delete(place, { life: state.over });
    return undefined;
  }
  const value = apply(state);
  if (value === undefined) return {};
  const life = value === "gone" ? (await threads.create(place)).life : 0;
  const next = value === "gone" ? { over: life } : value;
  if (!(await lands(store, place, next, { head, ttlMs }))) return undefined;
  if (value !== "gone") return { value };
  await threads.delete(place, { life });
  return {};
}

interface Seen<T> {
  /** The checkpoint that the place's state is. */
  readonly head?: string;
  readonly state?: T | Over | undefined;
}

/** What stands in the place, and where it is found; nothing where it went while it was looked at. */
async function look<T>({ checkpoints }: Store, place: string): Promise<Seen<T> | undefined> {
  try {
    const head = await checkpoints.record(place);
    if (!head) return {};
    const state = await checkpoints.get<T | Over>(place, head.id);
    return state === null ? undefined : { head: head.id, state };
  } catch (error) {
    if (isDeleted(error)) return {};
    throw error;
  }
}

/** Whether the state is written behind the one that was seen; false where another one came between, or the place was deleted, which is there again then. */
async function lands(
  { checkpoints, threads }: Store,
  place: string,
  state: object,
  {
    head = null,
    ttlMs,
  }: { readonly head?: string | null | undefined; readonly ttlMs: number | undefined },
): Promise<boolean> {
  const kept = ttlMs === undefined ? {} : { ttlMs };
  try {
    await checkpoints.put(place, state, { expectedHead: head, ...kept });
    return true;
  } catch (error) {
    if (isDeleted(error)) await threads.create(place);
    else if (!(error instanceof ConflictError)) throw error;
    return false;
  }
}

function isOver(state: unknown): state is Over {
  return typeof state === "object" && state !== null && "over" in state;
}

/** What stands in the place; nothing where it was never made, or was deleted. */
export async function present<T>(store: Store, place: string): Promise<T | undefined> {
  try {
    const state = await store.checkpoints.get<T | Over>(place);
    return state === null || isOver(state) ? undefined : state;
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
export async function readAll<Of, T>(
  all: readonly Of[],
  read: (one: Of) => Promise<T | undefined>,
): Promise<readonly T[]> {
  const found: T[] = [];
  for (let from = 0; from < all.length; from += AT_ONCE) {
    const some = await Promise.all(all.slice(from, from + AT_ONCE).map(read));
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
