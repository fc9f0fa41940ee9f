import { decodeText, encodeText } from "../../codec/text.ts";
import { StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { LIFE, lifeIn } from "../life/life.ts";
import { checkId } from "../operation.ts";
import type { HistoryEntry } from "./contract.ts";
import { findEntries, whereKeys } from "./find.ts";
import { decodeEntry, decodeHead, HEAD } from "./record.ts";
import { placeWrites, type Rewrite, rewriting } from "./rewriting.ts";

/** Looks of one call for an entry that was moved meanwhile, before it gives up. */
const MAX_READS = 50;

/** The entry of an id; see `HistoryStore.get`. */
export async function entryOf<T>(
  context: StoreContext,
  threadId: string,
  id: string,
): Promise<HistoryEntry<T> | undefined> {
  checkId("threadId", threadId);
  checkId("An entry's id", id);
  await context.ready();
  const partition = context.thread(threadId);
  const now = context.now();
  const where = whereKeys(id);
  for (let seen: number | undefined, reads = 0; reads < MAX_READS; reads += 1) {
    const snapshot = await partition.read([LIFE, HEAD, ...where], now);
    lifeIn(context, snapshot);
    const head = snapshot.get(HEAD);
    const found = (await findEntries(partition, snapshot, [id], decodeHead(head), now)).get(id);
    if (found) return decodeEntry(found.record);
    // What is not where it was may have been moved between the two reads.
    const isNamed = where.some((key) => snapshot.has(key));
    if (!isNamed || head?.revision === seen) return undefined;
    seen = head?.revision;
  }
  throw new StorageError(
    "CONTENTION",
    `The history was rewritten ${MAX_READS} times while the entry "${id}" was looked for.`,
  );
}

/** The entry holds what `change` makes of it; see `HistoryStore.update`. */
export async function updateEntry<T>(
  rewrite: Rewrite,
  id: string,
  change: (value: T, entry: HistoryEntry<T>) => T | undefined,
): Promise<HistoryEntry<T> | undefined> {
  checkId("An entry's id", id);
  if (typeof change !== "function")
    throw new StorageError("INVALID_ARGUMENT", "change must be a function.");
  let updated: HistoryEntry<T> | undefined;
  const asked = [{ id, known: true, text: "" }];
  const plan: Parameters<typeof rewriting>[3] = async ({ partition, snapshot, seen, now }) => {
    updated = undefined;
    const { head } = seen;
    const found = (await findEntries(partition, snapshot, [id], head, now)).get(id);
    if (!found) return undefined;
    const before = decodeEntry<T>(found.record);
    const { createdAt, cursor } = before;
    const value = change(before.value, before);
    if (value === undefined) return undefined;
    const entry = { id, known: true, text: encodeText(value) };
    const place = { before: cursor, createdAt: createdAt.getTime() };
    return {
      head: { ...head, at: now, epoch: head.epoch + 1 },
      writes: placeWrites(entry, cursor, place),
      ids: [id],
      cursors: [cursor],
      landed(revision) {
        updated = { ...before, value: decodeText(entry.text) as T, revision };
      },
    };
  };
  const { replayed } = await rewriting(rewrite, "update", asked, plan, false);
  return replayed ? entryOf(rewrite.context, rewrite.threadId, id) : updated;
}
