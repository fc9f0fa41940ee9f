import { ConflictError } from "../../errors.ts";
import type { Scored } from "../../memory/bm25.ts";
import { cosine } from "../../memory/vectors.ts";
import type { Embedder } from "./contract.ts";
import { EMBED_BATCH, vectorsOf } from "./embed.ts";
import type { Place } from "./place.ts";
import { decodeMemory, decodeVector, encodeVector, memoryKeys } from "./record.ts";
import type { Kept, MemoryView } from "./view.ts";

/** Memories without a vector of this embedder that one search makes vectors for: those of a scope that was written without it, or with another one. */
const MAX_MADE = 320;
/** Vectors of one page. */
const PAGE = 200;
/** More missing vectors than this are read as a range. */
const MANY = 500;

/** The memories of a view by the angle between their vectors and the query's; those that still have none are left out. */
export function byMeaning(view: MemoryView, query: Float32Array): Scored<Kept>[] {
  const scored: Scored<Kept>[] = [];
  for (const [, of] of view.kept.all())
    if (of.vector) scored.push({ of, score: cosine(query, of.vector) });
  return scored;
}

/** Each memory of the view has its vector: read, or made now and stored. How many have none yet, since one search makes at most 320. */
export async function fillVectors(
  view: MemoryView,
  place: Place,
  embedder: Embedder,
  now: number,
): Promise<number> {
  const open = new Map<number, Kept>();
  for (const [ordinal, kept] of view.kept.all()) if (!kept.vector) open.set(ordinal, kept);
  if (open.size > 0) await readVectors(view, open, place, embedder, now);
  const missing = [...open.values()].slice(0, MAX_MADE);
  for (let at = 0; at < missing.length; at += EMBED_BATCH) {
    const batch = missing.slice(at, at + EMBED_BATCH);
    await makeVectors(view, batch, place, embedder, now);
    for (const { ordinal } of batch) open.delete(ordinal);
  }
  return open.size;
}

/** Takes those out of `open` whose vector is stored. */
async function readVectors(
  view: MemoryView,
  open: Map<number, Kept>,
  { partition, root }: Place,
  { name, dimensions }: Embedder,
  now: number,
): Promise<void> {
  const keys = memoryKeys(root);
  const take = (records: Awaited<ReturnType<typeof partition.scan>>["records"]): void => {
    for (const record of records) {
      const ordinal = Number(record.key.slice(keys.vectors.length));
      const kept = open.get(ordinal);
      const vector =
        kept && record.revision >= kept.record.revision
          ? decodeVector(record, name, dimensions)
          : undefined;
      if (!kept || !vector) continue;
      view.embed(kept, vector);
      open.delete(ordinal);
    }
  };
  const ordinals = [...open.keys()].toSorted((one, other) => one - other);
  const [first] = ordinals;
  const last = ordinals.at(-1);
  if (first === undefined || last === undefined) return;
  if (ordinals.length <= MANY) {
    const { maxReadKeys } = partition.backend.limits;
    for (let at = 0; at < ordinals.length; at += maxReadKeys) {
      const part = ordinals.slice(at, at + maxReadKeys).map(keys.vector);
      take([...(await partition.read(part, now)).values()]);
    }
    return;
  }
  const to = keys.vector(last + 1);
  for (let from: string | undefined = keys.vector(first); from !== undefined; ) {
    const page: Awaited<ReturnType<typeof partition.scan>> = await partition.scan(
      { from, to, limit: PAGE },
      now,
    );
    take(page.records);
    from = page.next;
  }
}

/** Makes and stores a vector for each; one whose memory has changed meanwhile is not stored. */
async function makeVectors(
  view: MemoryView,
  batch: readonly Kept[],
  { partition, root }: Place,
  embedder: Embedder,
  now: number,
): Promise<void> {
  const keys = memoryKeys(root);
  const vectors = await vectorsOf(
    embedder,
    batch.map(({ record }) => decodeMemory(record).text),
  );
  for (const [index, kept] of batch.entries()) {
    const vector = vectors[index];
    if (!vector) continue;
    view.embed(kept, vector);
    const { key, revision } = kept.record;
    const value = encodeVector(embedder.name, vector);
    try {
      await partition.write(
        [
          { op: "check", key, expect: revision },
          { op: "put", key: keys.vector(kept.ordinal), value, expect: "any" },
        ],
        now,
      );
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}
