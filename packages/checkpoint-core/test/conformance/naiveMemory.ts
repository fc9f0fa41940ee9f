import {
  ConflictError,
  decodeText,
  digestOf,
  encodeText,
  type Memory,
  type MemoryOperation,
  type MemoryResult,
  type MemoryScope,
  type MemoryStore,
  StorageError,
} from "@perdure/checkpoint-core";

interface Shelf {
  memories: Memory[];
  readonly answers: Map<string, Omit<MemoryResult, "replayed">>;
  /** What strict calls have brought. */
  readonly payloads: Map<string, string>;
}

/** What a hosted service would keep: everything of everybody, in arrays. */
export interface NaiveService {
  readonly shelves: Map<string, Shelf>;
  readonly owners: Map<string, string | undefined>;
  revision: number;
}

/** A memory store in an afternoon, as somebody else would write it: arrays, and a search that counts shared words. */
export function naiveMemory(service: NaiveService, user?: string): MemoryStore {
  const shelfOf = (within: MemoryScope): Shelf => {
    const name = nameOf(within, user, service);
    const shelf = service.shelves.get(name) ?? newShelf();
    service.shelves.set(name, shelf);
    return shelf;
  };
  return {
    async write(within, given, options = {}) {
      const { operationId } = options;
      const shelf = shelfOf(within);
      const fresh = given.map(({ id, text, metadata }, index) => {
        checkText(text, 100_000);
        const name = id ?? (operationId === undefined ? "" : `${operationId} ${index}`);
        if (name === "") refuse("A memory needs an id.");
        const at = new Date();
        const memory = { id: name, text, createdAt: at, updatedAt: at, revision: 0 };
        if (Array.isArray(metadata)) refuse("Metadata are an object.");
        return metadata === undefined ? memory : { ...memory, metadata: copied(metadata) };
      });
      if (new Set(fresh.map(({ id }) => id)).size < fresh.length) refuse("One id twice.");
      return once(shelf, "write", options, given, () => {
        service.revision += 1;
        const { revision } = service;
        for (const memory of fresh)
          if (!shelf.memories.some(({ id }) => id === memory.id))
            shelf.memories.unshift({ ...memory, revision });
        return told(shelf, fresh);
      });
    },
    async update(within, updates, options = {}) {
      const shelf = shelfOf(within);
      for (const { text, metadata } of updates)
        if (text === undefined && metadata === undefined) refuse("An update of nothing.");
      return once(shelf, "update", options, updates, () => {
        for (const { id, expected } of updates) {
          const found = shelf.memories.find((memory) => memory.id === id);
          if (!found) throw new StorageError("NOT_FOUND", `There is no memory ${id}.`);
          if (expected !== undefined && found.revision !== expected)
            throw new ConflictError("It has moved.", { key: id });
        }
        service.revision += 1;
        for (const { id, text, metadata } of updates)
          shelf.memories = shelf.memories.map((memory) =>
            memory.id === id
              ? {
                  ...memory,
                  ...(text === undefined ? {} : { text }),
                  ...(metadata === undefined ? {} : { metadata: copied(metadata) }),
                  updatedAt: new Date(),
                  revision: service.revision,
                }
              : memory,
          );
        return told(shelf, updates);
      });
    },
    async delete(within, ids, options = {}) {
      const shelf = shelfOf(within);
      const { ids: gone, replayed } = once(shelf, "delete", options, ids, () => {
        const there = ids.filter((id) => shelf.memories.some((memory) => memory.id === id));
        shelf.memories = shelf.memories.filter(({ id }) => !ids.includes(id));
        return { ids: there, revisions: [] };
      });
      return { ids: gone, replayed };
    },
    async get(within, id) {
      if (id === "") refuse("An id is not empty.");
      const found = shelfOf(within).memories.find((memory) => memory.id === id);
      return found && copied(found);
    },
    async list(within, { limit = 100, cursor } = {}) {
      checkLimit(limit);
      const { memories } = shelfOf(within);
      const last = cursor === undefined ? -1 : memories.findIndex(({ id }) => `~${id}` === cursor);
      if (cursor !== undefined && last < 0) refuse("No cursor of this list.");
      const page = copied(memories.slice(last + 1, last + 1 + limit));
      const end = page.at(-1);
      const more = end !== undefined && last + 1 + limit < memories.length;
      return more ? { memories: page, cursor: `~${end.id}` } : { memories: page };
    },
    async search(within, query, { limit = 10, minScore = 0, filter = {} } = {}) {
      checkLimit(limit);
      checkText(query, 100_000);
      if (Object.values(filter).some((value) => typeof value === "object")) refuse("No filter.");
      const scopes: readonly MemoryScope[] = Array.isArray(within) ? within : [within];
      const all = scopes.flatMap((scope) =>
        shelfOf(scope).memories.map((memory) => ({ memory: copied(memory), within: scope })),
      );
      const memories = all
        .map((one) => ({ ...one, score: shared(one.memory.text, query) }))
        .filter(({ score }) => score > 0 && score >= minScore)
        .filter(({ memory: { metadata } }) =>
          Object.entries(filter).every(([field, value]) => metadata?.[field] === value),
        )
        .toSorted((one, other) => other.score - one.score)
        .slice(0, limit);
      return { memories, searched: all.length, complete: true };
    },
    async erase(within) {
      const shelf = shelfOf(within);
      shelf.memories = [];
      shelf.answers.clear();
      shelf.payloads.clear();
    },
  };
}

function newShelf(): Shelf {
  return { memories: [], answers: new Map(), payloads: new Map() };
}

/** The first answer of a named call, unless a strict one brings another payload. */
function once(
  { answers, payloads }: Shelf,
  verb: string,
  { operationId, strict = false }: MemoryOperation,
  payload: unknown,
  work: () => Omit<MemoryResult, "replayed">,
): MemoryResult {
  if (operationId === "" || (strict && operationId === undefined)) refuse("No operation.");
  if (operationId === undefined) return { ...work(), replayed: false };
  const name = `${verb} ${operationId}`;
  const known = answers.get(name);
  if (strict) compare(payloads, name, digestOf(payload), known !== undefined);
  const answer = known ?? work();
  answers.set(name, answer);
  return { ...answer, replayed: known !== undefined };
}

function compare(
  payloads: Map<string, string>,
  name: string,
  digest: string,
  isDone: boolean,
): void {
  if (!isDone) payloads.set(name, digest);
  if ((payloads.get(name) ?? digest) !== digest)
    throw new ConflictError("Another payload.", { key: name });
}

function nameOf(within: MemoryScope, user: string | undefined, { owners }: NaiveService): string {
  if (within.kind === "user") return JSON.stringify(["user", user]);
  const name = within.kind === "agent" ? within.agent : within.threadId;
  if (typeof name !== "string" || name === "") refuse("No scope.");
  if (within.kind === "agent") return JSON.stringify(["agent", name, user]);
  const owner = owners.has(name) ? owners.get(name) : user;
  owners.set(name, owner);
  if (owner !== user) throw new StorageError("FORBIDDEN", "The thread is another user's.");
  return JSON.stringify(["thread", name]);
}

function told(
  { memories }: Shelf,
  named: readonly { readonly id: string }[],
): Omit<MemoryResult, "replayed"> {
  const ids = named.map(({ id }) => id);
  const revisionOf = (id: string): number =>
    memories.find((memory) => memory.id === id)?.revision ?? 0;
  return { ids, revisions: ids.map(revisionOf) };
}

/** The share of the query's pairs of letters that the text has. */
function shared(text: string, query: string): number {
  const folded = fold(text);
  const wanted = pairs(fold(query));
  const found = wanted.filter((pair) => folded.includes(pair)).length;
  return found / (wanted.length || 1) / (1 + text.length / 1000);
}

function fold(text: string): string {
  return text.normalize("NFKC").toUpperCase();
}

function pairs(text: string): readonly string[] {
  const letters = Array.from(text);
  return letters.length < 2
    ? letters
    : letters.slice(1).map((letter, index) => `${letters[index]}${letter}`);
}

/** A copy, or a refusal of what cannot be kept. */
function copied<T>(value: T): T {
  return decodeText(encodeText(value)) as T;
}

function checkText(text: unknown, most: number): asserts text is string {
  if (typeof text !== "string" || text === "") refuse("A text is not empty.");
  if (text.length > most) throw new StorageError("TOO_LARGE", "A long text.");
}

function checkLimit(limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 1) refuse("No limit.");
}

function refuse(message: string): never {
  throw new StorageError("INVALID_ARGUMENT", message);
}
