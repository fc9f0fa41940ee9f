import { StorageError } from "../../errors.ts";
import { bm25, type Hits, type Scored } from "../../memory/bm25.ts";
import { fuse } from "../../memory/vectors.ts";
import type { Words } from "../../memory/words.ts";
import type { StoreContext } from "../context.ts";
import { checkSearch } from "./arguments.ts";
import type {
  Embedder,
  FoundMemory,
  Memory,
  MemoryScope,
  MemorySearch,
  MemorySearchResult,
} from "./contract.ts";
import { vectorsOf } from "./embed.ts";
import { byMeaning, fillVectors } from "./meaning.ts";
import { findPlace, type Place } from "./place.ts";
import { decodeMemory } from "./record.ts";
import type { Kept } from "./view.ts";
import type { MemoryViews } from "./views.ts";

const LIMIT = 10;
/** Scopes of one search. */
const MAX_SCOPES = 16;

/** What memories are searched with. */
export interface MemorySearcher {
  readonly words: Words;
  readonly embedder: Embedder | undefined;
  readonly views: MemoryViews;
}

/** See `MemoryStore.search`. */
export async function searchMemories(
  context: StoreContext,
  searcher: MemorySearcher,
  scopes: readonly MemoryScope[],
  query: string,
  options: MemorySearch,
): Promise<MemorySearchResult> {
  checkSearch(query, options);
  if (scopes.length > MAX_SCOPES)
    throw new StorageError("TOO_LARGE", `A search is of at most ${MAX_SCOPES} scopes.`);
  const wanted = { ...options, filter: { ...options.filter } };
  await context.ready();
  const now = context.now();
  const places = await Promise.all(scopes.map((within) => findPlace(context, within, now)));
  const asked = await askedBy(searcher, query, options);
  const looks: Look[] = [];
  for (const [turn, place] of places.entries())
    if (place) looks.push(await lookAt(searcher, { place, turn }, asked, now));
  return {
    memories: best(rankingOf(looks, asked), wanted),
    searched: looks.reduce((total, { searched }) => total + searched, 0),
    complete: looks.every(({ open }) => open === 0),
  };
}

async function askedBy(
  { words, embedder }: MemorySearcher,
  query: string,
  { by = embedder ? "meaning" : "words" }: MemorySearch,
): Promise<Query> {
  const own = [...new Set(words.of(query))];
  if (by === "words") return { words: own, vector: undefined };
  if (!embedder)
    throw new StorageError("INVALID_ARGUMENT", "A search by meaning needs an embedder.");
  const [vector] = await vectorsOf(embedder, [query]);
  return { words: by === "both" ? own : undefined, vector };
}

function rankingOf(looks: readonly Look[], asked: Query): readonly Scored<Found>[] {
  const byWords = asked.words && ranked(bm25(looks.map((look) => look.hits)));
  const byVectors = asked.vector && ranked(looks.flatMap(({ near }) => near));
  if (byWords && byVectors) return ranked(fuse([byWords, byVectors]));
  return byWords ?? byVectors ?? [];
}

/** A query as words, as a vector, or as both. */
interface Query {
  readonly words: readonly string[] | undefined;
  readonly vector: Float32Array | undefined;
}

interface Found {
  readonly kept: Kept;
  readonly place: Place;
  /** The scope's place among those of the search. */
  readonly turn: number;
}

/** What one scope says to a query, all as of one instant. */
interface Look {
  readonly hits: Hits<Found>;
  readonly near: readonly Scored<Found>[];
  readonly searched: number;
  /** Memories that could not be compared by meaning. */
  readonly open: number;
}

async function lookAt(
  { words, embedder, views }: MemorySearcher,
  { place, turn }: Pick<Found, "place" | "turn">,
  query: Query,
  now: number,
): Promise<Look> {
  const view = views.of(place);
  const look = await view.turn(async () => {
    await view.refresh(place, words, now);
    const { vector } = query;
    const open = vector && embedder ? await fillVectors(view, place, embedder, now) : 0;
    const founds = new Map<Kept, Found>();
    const foundOf = (kept: Kept): Found => {
      const found = founds.get(kept) ?? { kept, place, turn };
      founds.set(kept, found);
      return found;
    };
    const { texts, words: total, rows } = view.kept.hits(query.words ?? []);
    const found = rows.map(({ of, length, counts }) => ({ of: foundOf(of), length, counts }));
    return {
      hits: { texts, words: total, rows: found },
      near: vector
        ? byMeaning(view, vector).map(({ of, score }) => ({ of: foundOf(of), score }))
        : [],
      searched: texts - open,
      open,
    };
  });
  views.trim();
  return look;
}

/** Best first; equal scores in the order of the scopes, and in one the last created first. */
function ranked(scored: readonly Scored<Found>[]): readonly Scored<Found>[] {
  return scored.toSorted(
    (one, other) =>
      other.score - one.score ||
      one.of.turn - other.of.turn ||
      other.of.kept.ordinal - one.of.kept.ordinal,
  );
}

function best(
  ranking: readonly Scored<Found>[],
  { limit = LIMIT, minScore = Number.NEGATIVE_INFINITY, filter = {} }: MemorySearch,
): readonly FoundMemory[] {
  const found: FoundMemory[] = [];
  for (const { of, score } of ranking) {
    if (found.length === limit || score < minScore) break;
    const memory = decodeMemory(of.kept.record);
    if (fits(memory, filter)) found.push({ memory, within: of.place.within, score });
  }
  return found;
}

function fits({ metadata }: Memory, filter: NonNullable<MemorySearch["filter"]>): boolean {
  return Object.entries(filter).every(
    ([field, value]) =>
      metadata !== undefined && Object.hasOwn(metadata, field) && metadata[field] === value,
  );
}
