import { INDEX_SHARDS, type StoreContext } from "../context.ts";
import type { Partition } from "../partition.ts";
import type { StorageError } from "../../errors.ts";
import { readOrError } from "../unreadable.ts";
import { type Listing, listPrefix, namedByKey } from "./keys.ts";

/** A thread where it stands in a list. */
export interface Listed {
  /** Its key behind the list's prefix: the time, then the thread. What stands before it in the list is greater. */
  readonly place: string;
  /** The thread, or why it is not known: the entry cannot be read, and its key has a hash for a name. */
  readonly thread: Listing | StorageError;
}

/** One index partition's part of a list, read page by page. */
interface Strand {
  readonly index: Partition;
  readonly ahead: Listed[];
  /** Where to read on; `undefined` at the end. */
  to: string | undefined;
}

/**
 * The list of an owner, or of the tenant, newest first, from below `before` on: the index partitions merged. Each is read in pages of `page` entries, as far as the list is
 * followed.
 */
export async function* mergedList(
  context: StoreContext,
  {
    owner,
    before,
    page,
  }: {
    readonly owner: string | undefined;
    readonly before: string | undefined;
    readonly page: number;
  },
  now: number,
): AsyncGenerator<Listed, void, undefined> {
  const prefix = listPrefix(owner);
  const strands: Strand[] = Array.from({ length: INDEX_SHARDS }, (_, shard) => ({
    index: context.index("d", shard),
    ahead: [],
    to: `${prefix}${before ?? "\u007f"}`,
  }));
  const fill = async (strand: Strand): Promise<void> => {
    while (strand.ahead.length === 0 && strand.to !== undefined) {
      const range = { from: prefix, to: strand.to, reverse: true, limit: page };
      const { records, next } = await strand.index.scan(range, now);
      for (const record of records) {
        const place = record.key.slice(prefix.length);
        const { read, error } = readOrError(() => record.value() as Listing);
        strand.ahead.push({ place, thread: read ?? namedByKey(behindTime(place), owner) ?? error });
      }
      strand.to = next;
    }
  };
  await Promise.all(strands.map(fill));
  for (;;) {
    const first = newest(strands);
    const listed = first?.ahead.shift();
    if (!first || !listed) return;
    yield listed;
    await fill(first);
  }
}

/** The time in a place is of 16 digits. */
function behindTime(place: string): string {
  return place.slice(place.indexOf("/") + 1);
}

function newest(strands: readonly Strand[]): Strand | undefined {
  let best: Strand | undefined;
  for (const strand of strands) {
    const [one] = strand.ahead;
    if (one && one.place > (best?.ahead[0]?.place ?? "")) best = strand;
  }
  return best;
}
