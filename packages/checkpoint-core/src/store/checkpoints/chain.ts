import { splicesOfText } from "../../codec/change.ts";
import { applySplices, imageOfText, type StateImage } from "../../codec/image.ts";
import { StorageError } from "../../errors.ts";
import type { OpenRecord, Partition } from "../partition.ts";
import type { CheckpointCache } from "./cache.ts";
import {
  type Checkpoint,
  checkpointKey,
  checkpointRange,
  decodeCheckpoint,
  ordinalOf,
} from "./schema.ts";
import type { View } from "./view.ts";

/** Which state is wanted, where its segment starts, and the life that it was found in, where that is known. */
export interface Wanted {
  readonly id: string;
  readonly ordinal: number;
  readonly from: number;
  readonly life: number | undefined;
}

/** The tip, as a state that is wanted. */
export function wantedTip(
  { id, tip, from }: { readonly id: string; readonly tip: number; readonly from: number },
  { life }: View,
): Wanted {
  return { id, ordinal: tip, from, life: life?.revision };
}

/** Records of one page of a scan: a page of small changes is some 100 KB. */
const PAGE_RECORDS = 200;

/**
 * The state of a checkpoint from the cache, or from the records of its segment, read upwards so that a base is read before what builds on it. `"gap"` where a record
 * of the chain is not there: the caller reads again what had led it here, and knows then whether that is damage. Throws `CORRUPT` for a damaged record.
 */
export async function loadImage(
  partition: Partition,
  cache: CheckpointCache,
  wanted: Wanted,
  now: number,
): Promise<StateImage | "gap"> {
  const cached = cache.state(partition.name, wanted.id);
  if (cached) return cached.image;
  const chain = chainOf(await scanSegment(partition, wanted, now), wanted);
  return chain === "gap" ? "gap" : buildImage(partition, cache, chain, wanted.life);
}

/** The state of a checkpoint whose record is at hand: without a scan where it is whole. */
export async function loadCheckpoint(
  partition: Partition,
  cache: CheckpointCache,
  checkpoint: Checkpoint,
  { now, life }: View,
): Promise<StateImage | "gap"> {
  const { id, ordinal, from, base } = checkpoint;
  const wanted = { id, ordinal, from, life: life?.revision };
  if (base !== undefined) return loadImage(partition, cache, wanted, now);
  const cached = cache.state(partition.name, id);
  return cached?.image ?? buildImage(partition, cache, [checkpoint], wanted.life);
}

async function scanSegment(
  partition: Partition,
  { from, ordinal }: Wanted,
  now: number,
): Promise<ReadonlyMap<string, OpenRecord>> {
  const found = new Map<string, OpenRecord>();
  const range = checkpointRange(from, ordinal);
  for (let next: string | undefined = range.from; next !== undefined; ) {
    const page = await partition.scan({ from: next, to: range.to, limit: PAGE_RECORDS }, now);
    for (const record of page.records) found.set(record.key, record);
    next = page.next;
  }
  return found;
}

/** From the whole record to the wanted one. */
function chainOf(
  records: ReadonlyMap<string, OpenRecord>,
  wanted: Wanted,
): readonly Checkpoint[] | "gap" {
  const chain: Checkpoint[] = [];
  let id: string | undefined = wanted.id;
  let above = Infinity;
  while (id !== undefined) {
    const ordinal = ordinalOf(id);
    if (ordinal === undefined || ordinal >= above) throw damaged(wanted.id);
    const record = records.get(checkpointKey(ordinal));
    const checkpoint: Checkpoint | undefined = record && decodeCheckpoint(record);
    if (checkpoint?.id !== id) return "gap";
    chain.push(checkpoint);
    above = ordinal;
    id = checkpoint.base;
  }
  return chain.toReversed();
}

function buildImage(
  partition: Partition,
  cache: CheckpointCache,
  [whole, ...changes]: readonly Checkpoint[],
  life: number | undefined,
): StateImage {
  if (!whole) throw damaged("none");
  let image = imageOfText(whole.body());
  for (const change of changes) image = applySplices(image, splicesOfText(change.body()));
  const last = changes.at(-1) ?? whole;
  const { id, name, size, expires } = last;
  cache.keepState(partition.name, id, { image, size, expires, name, life });
  return image;
}

/** What is stored of a checkpoint does not make up its state. */
export function damaged(id: string): StorageError {
  return new StorageError(
    "CORRUPT",
    `What is stored does not make up the state of checkpoint ${id}.`,
  );
}
