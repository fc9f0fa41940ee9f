import type { MemoryStore, Scope, Store } from "@perdure/checkpoint-core";
import type { Inngest, InngestFunction } from "inngest";
import type { FunctionOptions, IncomingEvent } from "../inngest/contract.ts";
import type { AgentTool } from "../loop/contract.ts";

/** Whose memories the tools work on: the user's, those that an agent has of the user, or those of the thread. */
export type RememberedBy =
  | { readonly kind: "user" }
  | { readonly kind: "agent"; readonly agent: string }
  | { readonly kind: "thread" };

/** What the tools for memories, and the functions behind them, are made of. */
export interface MemoryToolsOptions {
  readonly inngest: Inngest.Any;
  /** Where the functions write. The tools search with the store of their run, which is of the run's scope. */
  readonly store: Store;
  /** `{ kind: "user" }` when not given. */
  readonly within?: RememberedBy;
  /** The memories of a scoped store: any `MemoryStore`, its own when not given. */
  readonly memory?: (store: Store) => MemoryStore;
  /**
   * Whose memories an event is about, as `createInngestAgent` has it; give both the same. The events carry what the run's own event carried beside our fields. Without it the store's
   * own scope: a payload never decides it.
   */
  readonly scope?: (event: IncomingEvent) => Scope;
  /** Begins the ids of the functions: `${id}:create`, `${id}:update`, `${id}:delete`; `memories` when not given. */
  readonly id?: string;
  /** Passed to the functions; `retries` is 3 when not given. */
  readonly functionOptions?: FunctionOptions;
  /** The best n memories for each query of a recall; 5 when not given. */
  readonly recallLimit?: number;
}

/** Tools for memories, by the names that a model knows them by, and what is to be served for them. */
export interface MemoryTools {
  readonly tools: {
    readonly create_memories: AgentTool;
    readonly recall_memories: AgentTool;
    readonly update_memories: AgentTool;
    readonly delete_memories: AgentTool;
    /** The three that write, as one. */
    readonly manage_memories: AgentTool;
  };
  /** Apply the events. Serve them beside the agent's. */
  readonly functions: InngestFunction.Any[];
}
