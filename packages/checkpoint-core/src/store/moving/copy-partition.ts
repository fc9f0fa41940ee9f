import type { Write } from "../../backend/contract.ts";
import { ConflictError, isStorageError, StorageError } from "../../errors.ts";
import { HEAD as CHECKPOINTS } from "../checkpoints/schema.ts";
import { HEAD as HISTORY } from "../history/record.ts";
import type { Extent, OpenRecord, Partition } from "../partition.ts";
import { LIFE } from "../life/life.ts";
import { GUARD, guardWrite, writeGuarded } from "./guard.ts";
import { type HistoryEnds, historyEnds } from "./history-ends.ts";
import { ALL_KEYS, scanned } from "./places.ts";
import { type NewLife, renewed } from "./renew.ts";
import { type Carried, carried, putOf, recordsDigest, weightOf } from "./translate.ts";

/** What of a partition was copied. */
export interface CopiedPartition {
  readonly records: number;
  readonly bytes: number;
  readonly digest: string;
  /** The keys of records that cannot be read in the source: left out. */
  readonly damaged: readonly string[];
  /** Does its life have another revision than in the source? */
  readonly renewed: boolean;
}

/** When a copy happens, and what stops it. */
export interface Pace {
  readonly now: number;
  readonly signal?: AbortSignal | undefined;
}

/** Both sides of a copy. */
export interface Sides extends Pace {
  readonly source: Partition;
  readonly target: Partition;
  /** Only what stands behind the root `from` is copied, and stands behind `to` in the target: memories of a thread that has another life there. */
  readonly root?: { readonly from: string; readonly to: string } | undefined;
}

/** The heads of checkpoints, streams and memories (these behind a root), and of a history. They come last: records of a later revision than theirs would pass for another life's. */
const HEADS = new RegExp(`(?:^|/)${CHECKPOINTS}$|^${HISTORY}$`);

/**
 * The target's partition holds what the source's does, and nothing else; its life has the same revision, where the partition has not passed that already. Only safe while nobody
 * uses the target. Throws `CORRUPT` when what was written does not read as what was copied.
 */
export async function copyPartition(sides: Sides): Promise<CopiedPartition> {
  const { life, guard } = await beginTarget(sides);
  await emptyTarget(sides, guard);
  const ends = await historyEnds(sides.source, sides.now);
  const digest = recordsDigest();
  const batch = batchFor(sides, guard);
  const last: Carried[] = [];
  const damaged: string[] = [];
  let records = 0;
  let bytes = 0;
  for await (const found of recordsOf(sides.source, sides)) {
    if (sides.root && !found.key.startsWith(sides.root.from)) continue;
    const record = readable(found, { ends, root: sides.root, life });
    if (!record) {
      damaged.push(found.key);
      continue;
    }
    digest.add(record);
    records += 1;
    bytes += weightOf(record);
    if (record.key === LIFE) continue;
    if (HEADS.test(record.key)) last.push(record);
    else await batch.add(record);
  }
  for (const record of last) await batch.add(record);
  await batch.flush(true);
  const hex = digest.hex();
  if ((await digestOfPartition(sides.target, sides)) !== hex)
    throw new StorageError(
      "CORRUPT",
      `What was copied to ${sides.target.name} does not read as it was.`,
    );
  return { records, bytes, digest: hex, damaged, renewed: life !== undefined };
}

/** The digest of what a partition holds. */
export async function digestOfPartition(partition: Partition, pace: Pace): Promise<string> {
  const digest = recordsDigest();
  for await (const record of recordsOf(partition, pace)) digest.add(carried(record));
  return digest.hex();
}

/** The revision of a partition, from a write that checks a record and changes nothing; `undefined` where it holds none. */
export async function revisionOf(partition: Partition, now: number): Promise<number | undefined> {
  for (;;) {
    const key = await anyKey(partition, now);
    if (key === undefined) return undefined;
    try {
      return (await partition.write([{ op: "check", key, expect: "present" }], now)).revision;
    } catch (error) {
      // The record has gone since it was found: another one is looked for.
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

/** A page may be empty and not the last. */
async function anyKey(partition: Partition, now: number): Promise<string | undefined> {
  for await (const { key } of recordsOf(partition, { now }, { partial: true })) return key;
  return undefined;
}

async function* recordsOf(
  partition: Partition,
  { now, signal }: Pace,
  extent: Extent = {},
): AsyncGenerator<OpenRecord, void, undefined> {
  for await (const record of scanned(partition, ALL_KEYS, now, extent)) {
    signal?.throwIfAborted();
    yield record;
  }
}

/** The record as it is to be carried; `undefined` for a damaged one. One that wants another key is an error: the store was opened with the wrong ones. */
function readable(
  record: OpenRecord,
  {
    ends,
    root,
    life,
  }: Pick<Sides, "root"> & { readonly ends: HistoryEnds; life?: NewLife | undefined },
): Carried | undefined {
  try {
    const found = (life && renewed(record, life)) ?? carried(record, ends);
    return root ? { ...found, key: `${root.to}${found.key.slice(root.from.length)}` } : found;
  } catch (error) {
    if (isStorageError(error) && error.code === "CORRUPT") return undefined;
    throw error;
  }
}

/** Takes out what an earlier copy that was cut short has left. */
async function emptyTarget({ target, now, signal }: Sides, guard: number): Promise<void> {
  let writes: Write[] = [];
  const flush = async (): Promise<void> => {
    if (writes.length > 0) await writeGuarded(target, writes, { guard }, now);
    writes = [];
  };
  for await (const { key } of recordsOf(target, { now, signal }, { partial: true })) {
    if (key === LIFE || key === GUARD) continue;
    writes.push({ op: "delete", key, expect: "any" });
    if (writes.length >= target.backend.limits.maxWrites - 1) await flush();
  }
  await flush();
}

/**
 * The copy has the target's partition to itself, and the life stands there: the other one, where it is one. A write of nothing raises a revision by one: so many of them bring the
 * partition to the revision before that of the life. There is no bound: a lower number might be an earlier life's, whose events would count for this one.
 */
async function beginTarget({
  source,
  target,
  now,
  signal,
}: Sides): Promise<{ readonly life: NewLife | undefined; readonly guard: number }> {
  const life = (await source.read([LIFE], now)).get(LIFE);
  const there = (await target.read([LIFE], now)).get(LIFE);
  if (!life || there?.revision === life.revision)
    return { life: undefined, guard: await write([guardWrite()]) };
  let at = await write([{ op: "check", key: LIFE, expect: there?.revision ?? "absent" }]);
  while (at < life.revision - 1) {
    signal?.throwIfAborted();
    at = await write([{ op: "delete", key: LIFE, expect: "any" }]);
  }
  const guard = await write([putOf(carried(life)), guardWrite()]);
  const from = life.revision;
  return { life: guard === from ? undefined : { from, to: guard }, guard };

  async function write(writes: readonly Write[]): Promise<number> {
    return (await target.write(writes, now, { revive: true })).revision;
  }
}

/** Collects records until they fill a write; the last one ends the guard. Half of what a write may weigh: sealed they may weigh a little more. */
function batchFor(
  { target, now, signal }: Sides,
  guard: number,
): {
  add(record: Carried): Promise<void>;
  flush(last?: boolean): Promise<void>;
} {
  const { maxWrites, maxWriteBytes } = target.backend.limits;
  let writes: Write[] = [];
  let bytes = 0;
  const flush = async (last = false): Promise<void> => {
    signal?.throwIfAborted();
    if (writes.length > 0 || last) await writeGuarded(target, writes, { guard, last }, now);
    writes = [];
    bytes = 0;
  };
  return {
    flush,
    async add(record) {
      const weight = weightOf(record);
      if (writes.length === maxWrites - 1 || bytes + weight > maxWriteBytes / 2) await flush();
      writes.push(putOf(record));
      bytes += weight;
    },
  };
}
