import type { MemoryScope, MemoryStore } from "@perdure/checkpoint-core";
import type { MemoryStoreSubject } from "../../../src/conformance/index.ts";
import { broken, opened } from "./brokenMemory.ts";
import type { Mutant } from "./mutant.ts";

/** Memories that are read, found or kept apart wrongly. */
export const memoryReadMutants: readonly Mutant<MemoryStoreSubject>[] = [
  broken("nothing-is-null", "answers null for what is not there", "nothing-there", (right) => ({
    get: async (...call) => (await right.get(...call)) ?? (null as never),
  })),
  broken(
    "pages-by-number",
    "counts to where a page begins, so that a write in between moves the pages",
    "pages",
    (right) => ({
      async list(within, { limit = 100, cursor } = {}) {
        const { memories } = await right.list(within, { limit: 1000 });
        const from = Number(cursor ?? 0);
        const page = memories.slice(from, from + limit);
        const next = from + page.length;
        return next < memories.length
          ? { memories: page, cursor: String(next) }
          : { memories: page };
      },
    }),
  ),
  opened(
    "one-heap",
    "keeps an agent's memories with those of the user, by a part of the id",
    "scopes-apart",
    (right) => renamed(right, ({ kind }) => (kind === "agent" ? { kind: "user" } : undefined)),
  ),
  opened("trimmed-names", "trims the names of threads and agents", "scopes-apart", (right) =>
    renamed(right, (within) =>
      within.kind === "agent" && within.agent.trim() !== ""
        ? { kind: "agent", agent: within.agent.trim() }
        : undefined,
    ),
  ),
  opened(
    "all-users",
    "keeps the memories of all users in one place (peers: an index without the user in its key)",
    "users-apart",
    (_right, open) => open(),
  ),
  broken("folded-ids", "takes ids in any case for one", "hostile-names", (right) => ({
    write: (within, memories, options) =>
      right.write(
        within,
        memories.map((memory) =>
          memory.id === undefined ? memory : { ...memory, id: memory.id.toLowerCase() },
        ),
        options,
      ),
  })),
  broken("ascii-words", "takes what is between ASCII letters for spaces", "scripts", (right) => ({
    search: (within, query, options) =>
      right.search(within, query.replaceAll(/[^\w ]/g, " "), options),
  })),
  broken("case-counts", "searches with the case as it is", "scripts", (right) => ({
    async search(within, query, options) {
      const answer = await right.search(within, query, options);
      const memories = answer.memories.filter(({ memory }) =>
        query.split(" ").some((word) => memory.text.includes(word)),
      );
      return { ...answer, memories };
    },
  })),
  broken(
    "stale-index",
    "searches in what this process has seen first, whatever others wrote since",
    "search-follows",
    (right) => {
      const seen = new Map<string, Awaited<ReturnType<MemoryStore["search"]>>>();
      return {
        async search(within, query, options) {
          const name = JSON.stringify([within, query, options]);
          const answer = seen.get(name) ?? (await right.search(within, query, options));
          seen.set(name, answer);
          return answer;
        },
      };
    },
  ),
  broken(
    "filters-the-best",
    "filters the best n, so that it answers fewer than there are",
    "search-options",
    (right) => ({
      async search(within, query, { filter = {}, ...options } = {}) {
        const answer = await right.search(within, query, options);
        const memories = answer.memories.filter(({ memory }) =>
          Object.entries(filter).every(([field, value]) => memory.metadata?.[field] === value),
        );
        return { ...answer, memories };
      },
    }),
  ),
  broken("first-scope", "searches the first of several scopes", "search-of-several", (right) => ({
    search: (within, ...rest) =>
      right.search(Array.isArray(within) ? within.slice(0, 1) : within, ...rest),
  })),
  broken("erases-a-page", "erases what one page shows", "erase", (right) => ({
    async erase(within) {
      const { memories } = await right.list(within, { limit: 1 });
      await right.delete(
        within,
        memories.map(({ id }) => id),
      );
    },
  })),
  broken("coerces", "makes something of every limit", "refusals", (right) => ({
    list: (within, { limit, ...options } = {}) =>
      right.list(within, { ...options, limit: Math.max(1, Math.floor(limit ?? 100)) }),
  })),
];

/** The right one, with some scopes taken for others. */
function renamed(
  right: MemoryStore,
  rename: (within: MemoryScope) => MemoryScope | undefined,
): MemoryStore {
  const taken = (within: MemoryScope): MemoryScope => rename(within) ?? within;
  return {
    write: (within, ...rest) => right.write(taken(within), ...rest),
    update: (within, ...rest) => right.update(taken(within), ...rest),
    delete: (within, ...rest) => right.delete(taken(within), ...rest),
    get: (within, ...rest) => right.get(taken(within), ...rest),
    list: (within, ...rest) => right.list(taken(within), ...rest),
    search: (within, ...rest) =>
      right.search(
        Array.isArray(within) ? within.map(taken) : taken(within as MemoryScope),
        ...rest,
      ),
    erase: (within) => right.erase(taken(within)),
  };
}
