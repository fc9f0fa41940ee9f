import type { StorageThreadType } from "@mastra/core/memory";
import { type Store, StorageError } from "@perdure/checkpoint-core";
import { entryIn, isTaken, orGone, writeIn } from "./entries.ts";
import { type Kept, keptOf, merged } from "./kept.ts";
import { change, placeOf, readAll } from "./place.ts";
import { expectIn, forget, type Standing, standing, threadsOf } from "./whereabouts.ts";

/** The messages of a conversation, as they were written; none of one that is not there. */
export async function messagesOf({ history }: Store, threadId: string): Promise<readonly Kept[]> {
  const entries = await orGone(history.read<Kept>(placeOf("thread", threadId)));
  return (entries ?? []).map(({ value }) => value);
}

/**
 * Each message stands where the one of its id stood in its conversation, or at the end; one that stood in another goes from there, once it stands here. A conversation that was deleted begins anew.
 * Throws `INVALID_ARGUMENT` for a message of no conversation, and then writes nothing.
 */
export async function saveMessages(store: Store, messages: readonly Kept[]): Promise<void> {
  const nowhere = messages.find(({ threadId = "" }) => threadId === "");
  if (nowhere)
    throw new StorageError("INVALID_ARGUMENT", `The message ${nowhere.id} is of no thread.`);
  for (const [threadId, some] of Map.groupBy(messages, (message) => message.threadId ?? "")) {
    await put(store, threadId, some);
    await touch(store, threadId);
  }
  await readAll(messages, async ({ id, threadId = "" }) => settle(store, id, threadId));
}

/**
 * The message as it stands is put together with what is new, as one step; nothing where it is gone. One that goes to another conversation is written there first: a process that dies then leaves it
 * in both, and not in none.
 */
export async function updateMessage(
  store: Store,
  update: Partial<Kept> & Pick<Kept, "id">,
): Promise<Kept | undefined> {
  const { id } = update;
  const next = (message: Kept): Kept => {
    const threadId = update.threadId || message.threadId;
    return keptOf(merged(message, { ...update, ...(threadId ? { threadId } : {}) }));
  };
  for (;;) {
    const found = await standing<Kept>(store, id);
    if (!found) return undefined;
    const { threadId } = found;
    if (update.threadId && update.threadId !== threadId) return move(store, found, next);
    const updated = await orGone(store.history.update(placeOf("thread", threadId), id, next));
    // It went elsewhere while it was looked for.
    if (!updated) continue;
    await touch(store, threadId);
    return updated.value;
  }
}

/** Puts a message into another conversation, with what others have made of it meanwhile. */
async function move(
  store: Store,
  { threadId, entry }: Standing<Kept>,
  next: (message: Kept) => Kept,
): Promise<Kept> {
  const place = placeOf("thread", threadId);
  const { id } = entry;
  let value = next(entry.value);
  for (let seen: typeof entry | undefined = entry; seen; seen = await entryIn(store, place, id)) {
    value = next(seen.value);
    await put(store, value.threadId ?? "", [value]);
    if (await isTaken(store, place, seen)) break;
  }
  await touch(store, threadId);
  await touch(store, value.threadId ?? "");
  await settle(store, id, value.threadId ?? "");
  return value;
}

/** The messages are taken out, wherever they stand, and whatever has become of them. */
export async function removeMessages(store: Store, ids: readonly string[]): Promise<void> {
  const left = new Set<string>();
  for (const id of new Set(ids))
    for (const threadId of await threadsOf(store, id))
      for (let isThere = true; isThere; ) {
        const place = placeOf("thread", threadId);
        const entry = await entryIn(store, place, id);
        isThere = entry !== undefined;
        if (entry && (await isTaken(store, place, entry))) left.add(threadId);
      }
  for (const threadId of left) await touch(store, threadId);
  await forget(store, ids);
}

/** The conversation is gone, with its messages. */
export async function removeThread(store: Store, threadId: string): Promise<void> {
  const messages = await messagesOf(store, threadId);
  await store.threads.delete(placeOf("thread", threadId), { memory: true });
  await forget(
    store,
    messages.map(({ id }) => id),
  );
}

async function put(store: Store, threadId: string, messages: readonly Kept[]): Promise<void> {
  const place = placeOf("thread", threadId);
  const entries = messages.map((message) => ({ id: message.id, value: keptOf(message) }));
  await expectIn(
    store,
    threadId,
    entries.map(({ id }) => id),
  );
  await writeIn(store, place, async () => store.history.upsert(place, entries));
}

/**
 * A message stays in the one conversation that it was put into last, and goes from the others, once it stands in that one: whoever says that it is to stand there writes it, and comes by here
 * behind it. So of writers at once each may find it in both, and none in neither.
 */
async function settle(store: Store, id: string, threadId: string): Promise<void> {
  for (let isLeft = true; isLeft; ) {
    const [last, ...others] = await threadsOf(store, id);
    // Somebody who deleted it has forgotten it.
    if (last === undefined) return expectIn(store, threadId, [id]);
    if (others.length === 0) return;
    const seen = await readAll(others, async (other) => {
      const entry = await entryIn(store, placeOf("thread", other), id);
      return entry && { other, entry };
    });
    if (seen.length === 0 || !(await entryIn(store, placeOf("thread", last), id))) return;
    isLeft = (await threadsOf(store, id))[0] !== last;
    if (isLeft) continue;
    for (const { other, entry } of seen)
      if (await isTaken(store, placeOf("thread", other), entry)) await touch(store, other);
      else isLeft = true;
  }
}

/** A conversation whose messages have been written was active then. */
async function touch(store: Store, threadId: string): Promise<void> {
  await change<StorageThreadType>(
    store,
    placeOf("thread", threadId),
    (thread) => thread && { ...thread, updatedAt: new Date() },
  );
}
