import { prefixRange } from "../../backend/keys.ts";
import { ConflictError } from "../../errors.ts";
import { INDEX_SHARDS, type StoreContext } from "../context.ts";
import { unlessDamaged } from "../directory/damaged.ts";
import { isOfThread, PLACES } from "../directory/keys.ts";
import { decodePlace, setPlace } from "../directory/threads.ts";
import type { Insides } from "../insides.ts";
import type { OpenRecord, Partition } from "../partition.ts";
import { isRunEntry } from "../runs/run-index.ts";
import { ALL_KEYS, DIRECTORY, indexKinds, scanned, sharedKinds } from "./places.ts";
import { carried, putOf } from "./translate.ts";

/** What merging needs to know of a copy. */
interface Merging {
  readonly source: Insides;
  readonly target: Insides;
  readonly now: number;
  readonly signal: AbortSignal | undefined;
}

/** The entries of a tenant's index partitions stand in the target's too. Throws `CONFLICT` for a run id that leads to another thread there. */
export async function mergeIndexes(
  merging: Merging,
  source: StoreContext,
  target: StoreContext,
): Promise<void> {
  for (let shard = 0; shard < INDEX_SHARDS; shard += 1) {
    await mergeDirectory(merging, source, target, shard);
    for (const kind of indexKinds)
      await merge(merging, source.index(kind, shard), target.index(kind, shard));
  }
}

/** The same of the whole store's, for one tenant or for all: open threads, and work that is due. */
export async function mergeShared(merging: Merging, tenant: string | undefined): Promise<void> {
  const { source, target } = merging;
  const isAnothers = (record: OpenRecord): boolean =>
    tenant !== undefined && (record.value() as { readonly tenant?: string }).tenant !== tenant;
  for (const kind of sharedKinds)
    for (let shard = 0; shard < INDEX_SHARDS; shard += 1) {
      const parts = [String(shard)];
      const [there, here] = [source, target].map(({ context }) => context.shared(kind, parts));
      if (there && here) await merge(merging, there, here, isAnothers);
    }
}

/** A thread stands once in each list, also where an earlier copy has put it elsewhere. */
async function mergeDirectory(
  merging: Merging,
  source: StoreContext,
  target: StoreContext,
  shard: number,
): Promise<void> {
  const index = source.index(DIRECTORY, shard);
  for await (const record of scanned(index, prefixRange(PLACES), merging.now)) {
    merging.signal?.throwIfAborted();
    const place = unlessDamaged(() => decodePlace(record));
    if (!place) continue;
    const { revision: _, ...copied } = place;
    await setPlace(target, copied, merging.now);
  }
  await merge(merging, index, target.index(DIRECTORY, shard), ({ key }) => isOfThread(key));
}

async function merge(
  { now, signal }: Merging,
  source: Partition,
  target: Partition,
  isLeft: (record: OpenRecord) => boolean = () => false,
): Promise<void> {
  const { maxWrites, maxReadKeys } = target.backend.limits;
  const most = Math.min(maxWrites, maxReadKeys, MOST);
  let batch: OpenRecord[] = [];
  const flush = async (): Promise<void> => {
    signal?.throwIfAborted();
    if (batch.length === 0) return;
    await refuseOthers(target, batch, now);
    await target.write(
      batch.map((record) => putOf(carried(record))),
      now,
    );
    batch = [];
  };
  for await (const record of scanned(source, ALL_KEYS, now)) {
    if (unlessDamaged(() => ({ left: isLeft(record), value: record.value() }))?.left ?? true)
      continue;
    batch.push(record);
    if (batch.length === most) await flush();
  }
  await flush();
}

/** Entries of one write: small ones. */
const MOST = 100;

/** Refuses a run id that leads to another thread. */
async function refuseOthers(
  target: Partition,
  batch: readonly OpenRecord[],
  now: number,
): Promise<void> {
  const runs = batch.filter(({ key }) => isRunEntry(key));
  if (runs.length === 0) return;
  const there = await target.read(
    runs.map(({ key }) => key),
    now,
  );
  for (const record of runs) {
    const found = there.get(record.key);
    if (found && threadIn(found) !== threadIn(record))
      throw new ConflictError("A run id of the source leads to another thread in the target.", {
        key: record.key,
      });
  }
}

function threadIn(record: OpenRecord): string {
  return (record.value() as { readonly threadId: string }).threadId;
}
