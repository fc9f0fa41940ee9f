import type { OperationOptions } from "../operation.ts";

/** Whose memories: the scope's user's, those that an agent has of this user, or those of one thread. Nothing in one is seen in another. */
export type MemoryScope =
  | { readonly kind: "user" }
  | { readonly kind: "agent"; readonly agent: string }
  | { readonly kind: "thread"; readonly threadId: string };

/** What goes with a memory: plain data, for filters and for the caller. */
export type MemoryMetadata = Readonly<Record<string, unknown>>;

/** A memory to be written. Without an id it gets one made from the operation id; one of the two must be there, or a retry would double it. */
export interface NewMemory {
  readonly id?: string | undefined;
  readonly text: string;
  readonly metadata?: MemoryMetadata | undefined;
}

/** What is to become of a memory. What is not given stays as it is. */
export interface MemoryUpdate {
  readonly id: string;
  readonly text?: string | undefined;
  /** In place of all the metadata that is there. */
  readonly metadata?: MemoryMetadata | undefined;
  /** The revision that the caller saw: another one is a `ConflictError`. */
  readonly expected?: number | undefined;
}

/** A memory as it is stored. */
export interface Memory {
  readonly id: string;
  readonly text: string;
  readonly metadata?: MemoryMetadata;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Another one after each update. */
  readonly revision: number;
}

/** What a write or an update has stored, or what an earlier one with the same operation id had. */
export interface MemoryResult {
  readonly ids: readonly string[];
  /** The memories' revisions, in the order of `ids`. */
  readonly revisions: readonly number[];
  /** True when nothing was written, because this operation had been before. */
  readonly replayed: boolean;
}

/** Names a write, so that a retry of it writes nothing and gets the first answer. */
export type MemoryOperation = OperationOptions;

/** How to search. */
export interface MemorySearch {
  /** The best n: 10 when not given. */
  readonly limit?: number | undefined;
  /** Only memories that score at least this. Scores of different rankings cannot be compared. */
  readonly minScore?: number | undefined;
  /** Only memories whose metadata hold these values. Ranking is not changed by it: the statistics are those of all memories searched. */
  readonly filter?: Readonly<Record<string, string | number | boolean | null>> | undefined;
  /** By the words that they share with the query, by meaning (an embedder's vectors), or by both. By meaning where there is an embedder. */
  readonly by?: "words" | "meaning" | "both" | undefined;
}

/** A memory that was found. */
export interface FoundMemory {
  readonly memory: Memory;
  readonly within: MemoryScope;
  readonly score: number;
}

/** What a search found, best first. */
export interface MemorySearchResult {
  readonly memories: readonly FoundMemory[];
  /** How many memories were looked at. */
  readonly searched: number;
  /** False where some were not, and might have been found. */
  readonly complete: boolean;
}

/** What agents remember beyond a thread's history. Any implementation may stand behind it; the kit's `memoryStoreSuite` says whether it keeps the promises. */
export interface MemoryStore {
  /**
   * The memories are there, all or none. One whose own id is there already is kept as it is stored and its revision answered; content is never identity.
   * In a thread that was deleted: `DELETED`; in another user's: `FORBIDDEN`.
   */
  write(
    within: MemoryScope,
    memories: readonly NewMemory[],
    options?: MemoryOperation,
  ): Promise<MemoryResult>;
  /** The memories are as these say, all or none: one that is not there is `NOT_FOUND`, one that moved beyond `expected` a `ConflictError`. */
  update(
    within: MemoryScope,
    updates: readonly MemoryUpdate[],
    options?: MemoryOperation,
  ): Promise<MemoryResult>;
  /** None of these is there. `ids` in the answer are those that were. */
  delete(
    within: MemoryScope,
    ids: readonly string[],
    options?: MemoryOperation,
  ): Promise<Pick<MemoryResult, "ids" | "replayed">>;
  get(within: MemoryScope, id: string): Promise<Memory | undefined>;
  /** A page, the last created first: 100 when not given. A cursor is good for as long as it takes; what is updated keeps its place. */
  list(
    within: MemoryScope,
    options?: { readonly limit?: number | undefined; readonly cursor?: string | undefined },
  ): Promise<{ readonly memories: readonly Memory[]; readonly cursor?: string }>;
  /** The memories that fit the query, best first; of several scopes ranked together. */
  search(
    within: MemoryScope | readonly MemoryScope[],
    query: string,
    options?: MemorySearch,
  ): Promise<MemorySearchResult>;
  /** No memory is left in the scope, nor a trace of one. Deleting a thread with its memories calls this. */
  erase(within: MemoryScope): Promise<void>;
}

/** Turns texts into vectors, for search by meaning. */
export interface Embedder {
  /** Names the model: vectors of another name are made again. */
  readonly name: string;
  /** The length of each vector. */
  readonly dimensions: number;
  /** A vector for each text, in their order. Called before anything is written; what it throws is passed on. */
  embed(texts: readonly string[]): Promise<readonly (readonly number[] | Float32Array)[]>;
}

/** How a store's own memories are searched. */
export interface MemoryOptions {
  /** For `Intl.Segmenter`, which cuts texts into words; the root locale when not given. */
  readonly locale?: string | undefined;
  readonly embedder?: Embedder | undefined;
}

/** Makes the memories of a scope, in place of the store's own: a hosted service, say. It must keep scopes apart. Thread ids reach it only for threads that the user owns, and begin with the
 * thread's life: `<life>.<threadId>`. */
export type MemoryProvider = (scope: {
  readonly tenant?: string;
  readonly user?: string;
}) => MemoryStore;
