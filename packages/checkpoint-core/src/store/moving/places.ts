import { prefixRange } from "../../backend/keys.ts";
import { ASKED } from "../approvals/announce.ts";
import { INDEX_SHARDS, type StoreContext } from "../context.ts";
import { unlessDamaged } from "../directory/damaged.ts";
import { type ListedPartition, listedPartitions, type OnDamaged } from "../directory/partitions.ts";
import { PLACES } from "../directory/keys.ts";
import { decodePlace } from "../directory/threads.ts";
import type { Extent, OpenRecord, Partition } from "../partition.ts";
import { RUN_INDEX } from "../runs/run-index.ts";
import { BELONGINGS, belongingIn } from "../life/belongings.ts";

/** The directory. */
export const DIRECTORY = "d";
/** A tenant's other index partitions. */
export const indexKinds: readonly string[] = [ASKED, RUN_INDEX];
/** Index partitions of the whole store. */
export const sharedKinds: readonly string[] = ["open", "work"];
/** Every key lies between these. */
export const ALL_KEYS = { from: "!", to: "\u007f" };
/** Entries of one page. */
const PAGE = 500;

/** The ids of a tenant's threads, as the directory lists them; an id once. Damaged entries are told. */
export async function* threadsOf(
  context: StoreContext,
  now: number,
  onDamaged: OnDamaged,
): AsyncGenerator<string, void, undefined> {
  for (let shard = 0; shard < INDEX_SHARDS; shard += 1) {
    const index = context.index(DIRECTORY, shard);
    let last: string | undefined;
    for await (const record of scanned(index, prefixRange(PLACES), now)) {
      const threadId = unlessDamaged(() => decodePlace(record).threadId);
      if (threadId === undefined) {
        onDamaged({ partition: index.name, key: record.key });
        continue;
      }
      // Places of one thread stand side by side.
      if (threadId !== last) yield threadId;
      last = threadId;
    }
  }
}

/** What belongs to a thread beside its own partition. */
export async function* belongingsOf(
  context: StoreContext,
  thread: Partition,
  now: number,
): AsyncGenerator<Partition, void, undefined> {
  for await (const record of scanned(thread, prefixRange(BELONGINGS), now))
    yield belongingIn(context, record);
}

/** What of a tenant belongs to no thread: memories and streams. */
export async function* othersOf(
  context: StoreContext,
  now: number,
  onDamaged: OnDamaged,
): AsyncGenerator<Pick<ListedPartition, "kind" | "parts">, void, undefined> {
  for (const kind of ["m", "s"] as const)
    for await (const { parts } of listedPartitions(context, kind, now, { onDamaged }))
      yield { kind, parts };
}

/** The records of a range, page by page. */
export async function* scanned(
  partition: Partition,
  { from, to }: { readonly from: string; readonly to: string },
  now: number,
  extent: Extent = {},
): AsyncGenerator<OpenRecord, void, undefined> {
  for (let next: string | undefined = from; next !== undefined; ) {
    const range = { from: next, to, limit: PAGE };
    const page: Awaited<ReturnType<Partition["scan"]>> = await partition.scan(range, now, extent);
    yield* page.records;
    next = page.next;
  }
}
