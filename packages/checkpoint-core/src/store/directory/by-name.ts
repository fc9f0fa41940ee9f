import { encodeId, prefixRange } from "../../backend/keys.ts";
import { StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import type { Partition } from "../partition.ts";
import { readOrError } from "../unreadable.ts";
import { ALL, type Listing, listKeys, namedByKey, placeKey, PLACES } from "./keys.ts";
import { shardOf } from "./shards.ts";

/** Entries that are read at once. */
const PAGE = 100;

/** Where a thread stands in the lists, found by its name alone: the place that would say since when cannot be read. Reads the keys of the index partition's list. */
export async function keysInLists(
  index: Partition,
  listed: Listing,
  now: number,
): Promise<readonly string[]> {
  const { from, to } = prefixRange(ALL);
  const name = placeKey(listed).slice(PLACES.length);
  for (let next: string | undefined = from; next !== undefined; ) {
    const page: Awaited<ReturnType<Partition["scan"]>> = await index.scan(
      { from: next, to, limit: PAGE },
      now,
    );
    const found = page.records.find(({ key }) => key.endsWith(`/${name}`));
    const at = Number(found?.key.slice(ALL.length).split("/", 1)[0]);
    if (found) return listKeys({ ...listed, at });
    next = page.next;
  }
  return [];
}

/**
 * The one owner for whom the thread is listed, by the names of the entries alone, or because the guess is right; `undefined` where it is listed for nobody. Throws `CORRUPT` where
 * it is listed for several, or for one whose name is too long to stand in a key.
 */
export async function listedOwner(
  context: StoreContext,
  guess: Listing,
  now: number,
): Promise<string | undefined> {
  const { threadId } = guess;
  const range = { ...prefixRange(`${PLACES}${encodeId(threadId)}/`), limit: 2 };
  const { records } = await context.index("d", shardOf(threadId)).scan(range, now);
  const [first, second] = records;
  if (!first) return undefined;
  const named =
    first.key === placeKey(guess)
      ? guess
      : (namedByKey(first.key.slice(PLACES.length)) ??
        readOrError(() => first.value() as Listing).read);
  if (second || !named)
    throw new StorageError(
      "CORRUPT",
      "Whose the thread is cannot be read, and the directory does not say it.",
    );
  return named.owner;
}
