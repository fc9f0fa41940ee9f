import { StorageError } from "../../errors.ts";
import { words } from "../../memory/words.ts";
import type { StoreContext } from "../context.ts";
import type { MemoryOptions, MemoryProvider, MemoryStore } from "./contract.ts";
import { checkEmbedder } from "./embed.ts";
import { eraseRoot } from "./erase.ts";
import { checkMemoryScope, findPlace, scopesOf } from "./place.ts";
import { providedMemory } from "./provided.ts";
import { getMemory, listMemories } from "./read.ts";
import { searchMemories } from "./search.ts";
import { memoryViews } from "./views.ts";
import { deleteMemories, updateMemories, writeMemories } from "./write.ts";

/** Makes the memories of any scope of a store: its own, or those of a provider. Throws for options that cannot be. */
export function memoryStores(
  options: MemoryOptions | MemoryProvider = {},
): (context: StoreContext) => MemoryStore {
  if (typeof options === "function") return (context) => providedMemory(context, options);
  const { locale, embedder } = options;
  if (embedder) checkEmbedder(embedder);
  const searcher = { words: wordsOf(locale), embedder, views: memoryViews() };
  return (context) => memoryStore(context, searcher);
}

function memoryStore(
  context: StoreContext,
  searcher: Parameters<typeof searchMemories>[1],
): MemoryStore {
  const { embedder } = searcher;
  return {
    async write(within, memories, options = {}) {
      const scope = checkMemoryScope(within);
      return writeMemories(context, embedder, scope, memories, options);
    },
    async update(within, updates, options = {}) {
      const scope = checkMemoryScope(within);
      return updateMemories(context, embedder, scope, updates, options);
    },
    async delete(within, ids, options = {}) {
      return deleteMemories(context, checkMemoryScope(within), ids, options);
    },
    async get(within, id) {
      return getMemory(context, checkMemoryScope(within), id);
    },
    async list(within, options = {}) {
      return listMemories(context, checkMemoryScope(within), options);
    },
    async search(within, query, options = {}) {
      return searchMemories(context, searcher, scopesOf(within), query, options);
    },
    async erase(within) {
      const scope = checkMemoryScope(within);
      await context.ready();
      const now = context.now();
      const place = await findPlace(context, scope, now);
      if (place) await eraseRoot(place.partition, place.root, now, () => true);
    },
  };
}

function wordsOf(locale: string | undefined): ReturnType<typeof words> {
  try {
    return words(locale);
  } catch (cause) {
    throw new StorageError("INVALID_ARGUMENT", `${JSON.stringify(locale)} is no locale.`, {
      cause,
    });
  }
}
