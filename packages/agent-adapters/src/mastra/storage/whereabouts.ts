import { ConflictError, digestOf, type HistoryEntry, type Store } from "@perdure/checkpoint-core";
import { entryIn, isTaken, orGone, writeIn } from "./entries.ts";
import { placeOf, readAll } from "./place.ts";

// Many write at once; and each list goes past them all.
const INDEXES = 32;

/** In which conversations a message may stand: the one first that it was put into last. */
interface Whereabouts {
  readonly threads: readonly string[];
}

/** A message where it stands. */
export interface Standing<T> {
  readonly threadId: string;
  readonly entry: HistoryEntry<T>;
}

/** A message by its id, in whatever conversation it stands. */
export async function standing<T>(store: Store, id: string): Promise<Standing<T> | undefined> {
  for (let threads = await threadsOf(store, id); ; ) {
    for (const threadId of threads) {
      const entry = await entryIn<T>(store, placeOf("thread", threadId), id);
      if (entry) return { threadId, entry };
    }
    const now = await threadsOf(store, id);
    // It went to another one while it was looked for.
    if (now[0] === threads[0]) return undefined;
    threads = now;
  }
}

/** The conversations in which a message may stand, the one first that it was put into last; none where nobody has put it anywhere. */
export async function threadsOf(store: Store, id: string): Promise<readonly string[]> {
  return (await entryIn<Whereabouts>(store, indexOf(id), id))?.value.threads ?? [];
}

/** From now on the messages are looked for in this conversation first. It is said ahead of their writing, so that whatever was written can be found. */
export async function expectIn(
  store: Store,
  threadId: string,
  ids: readonly string[],
): Promise<void> {
  await readAll([...Map.groupBy(new Set(ids), indexOf)], async ([index, some]) => {
    while (!(await isExpected(store, index, threadId, some)));
  });
}

/** False where somebody else was faster with one that nobody had put anywhere. */
async function isExpected(
  store: Store,
  index: string,
  threadId: string,
  ids: readonly string[],
): Promise<boolean> {
  const { history } = store;
  const known = await Promise.all(ids.map(async (id) => threadsOf(store, id)));
  const value: Whereabouts = { threads: [threadId] };
  const unknown = ids.filter((_, at) => known[at]?.length === 0);
  const entries = unknown.map((id) => ({ id, value, expectedRevision: null }));
  try {
    if (unknown.length > 0) await writeIn(store, index, async () => history.upsert(index, entries));
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
  const others = ids.filter((_, at) => ![undefined, threadId].includes(known[at]?.[0]));
  const first = ({ threads }: Whereabouts): Whereabouts | undefined =>
    threads[0] === threadId
      ? undefined
      : { threads: [threadId, ...threads.filter((one) => one !== threadId)] };
  for (const id of others) await orGone(history.update(index, id, first));
  return true;
}

/** Of messages that stand nowhere any more nothing is left. */
export async function forget(store: Store, ids: readonly string[]): Promise<void> {
  await readAll([...Map.groupBy(new Set(ids), indexOf)], async ([index, some]) => {
    for (const id of some) {
      const entry = await entryIn<Whereabouts>(store, index, id);
      if (!entry || (await standing(store, id)) || !(await isTaken(store, index, entry))) continue;
      // Somebody may have put it there again, who saw that it was looked for there.
      for (const threadId of entry.value.threads)
        if (await entryIn(store, placeOf("thread", threadId), id))
          await expectIn(store, threadId, [id]);
    }
  });
}

function indexOf(id: string): string {
  const at = Number.parseInt(digestOf(id).slice(0, 2), 16) % INDEXES;
  return placeOf("index", String(at));
}
