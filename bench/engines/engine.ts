import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import type { Backend } from "@perdure/checkpoint-core";

/** An engine that the bench runs on. Disposing it closes all that its spaces opened and removes what they hold. */
export interface Engine extends AsyncDisposable {
  readonly name: EngineName;
  /** What a write that was acknowledged outlives, in the engine's own words: the same for ours and for all that is measured beside it. */
  readonly durability: string;
  /** Storage of its own: a file, a schema, a prefix. */
  space(): Promise<Space>;
}

/** Each has a table of its own; the second ones are there for comparison. */
export type EngineName =
  | "memory"
  | "SQLite"
  | "node:sqlite"
  | "Postgres"
  | "Redis"
  | "Redis, everysec"
  | "DynamoDB Local";

/** Storage in which one thing is kept, so that its bytes can be told. */
export interface Space {
  /** A backend of ours on it; each call opens a handle of its own, on the same connections. */
  backend(): Backend;
  /** The engine's driver alone, with tables of its own. */
  raw?(): Promise<Raw>;
  /** LangGraph's own checkpoint saver, where there is one for the engine. */
  langGraph?(): Promise<BaseCheckpointSaver>;
  /** What it holds, indexes included, as the engine counts. */
  bytes(): Promise<number>;
  /** How many statements or commands have been sent by its connections so far, where each is a round trip. */
  readonly trips?: () => number;
}

/** What all is measured against: what one writes by hand on the driver alone. */
export interface Raw {
  /** Adds one message to a thread. */
  insert(thread: string, body: string): unknown;
  /** The same, and in the same transaction what makes it safe to try again: the thread's newest state is replaced, and the name of the write is kept, which nobody else may have. */
  insertOnce(thread: string, body: string, operation: string): unknown;
  /** All messages of a thread, each parsed. */
  read(thread: string): Promise<readonly unknown[]>;
  /** Keeps a whole thread in the place of what was there. */
  save(thread: string, body: string): unknown;
  /** The whole thread as it was kept last, parsed. */
  load(thread: string): Promise<unknown>;
}

/** What {@link Raw.insertOnce} keeps for a state or a name: as many bytes as ours are small. */
export const NOTE: string = "x".repeat(60);
