import { type Store, StorageError } from "@perdure/checkpoint-core";

/** Something that may know a store: an agent that was made with one, or with a checkpointer of ours. */
export interface KnowsStore {
  readonly store?: Store | undefined;
  readonly checkpointer?: unknown;
}

/**
 * The store that is given; otherwise the one that the agent was made with, or that is behind its checkpointer (those of `@perdure/checkpoint-*`). Throws `INVALID_ARGUMENT` where there is none: a
 * checkpointer of another make holds states, and nothing of runs, approvals and histories.
 */
export function storeFor(what: string, agent: KnowsStore, given?: Store): Store {
  const found: unknown = given ?? agent.store ?? storeBehind(agent.checkpointer);
  if (isStore(found)) return found;
  if (given !== undefined) throw notAStore(what, given);
  throw new StorageError(
    "INVALID_ARGUMENT",
    `${what} needs store, or an agent with a store or a checkpointer of ours.`,
  );
}

/** Refuses what is no store (`INVALID_ARGUMENT`), where nothing else can know one. */
export function checkStore(what: string, given: unknown): void {
  if (given === undefined) throw new StorageError("INVALID_ARGUMENT", `${what} needs store.`);
  if (!isStore(given)) throw notAStore(what, given);
}

function notAStore(what: string, given: unknown): StorageError {
  const why =
    given instanceof Promise
      ? "is a promise: await what openStore gives"
      : "is none: openStore, createStore and the backends' own functions make one";
  return new StorageError("INVALID_ARGUMENT", `The store of ${what} ${why}.`);
}

function storeBehind(checkpointer: unknown): unknown {
  return typeof checkpointer === "object" && checkpointer !== null && "store" in checkpointer
    ? checkpointer.store
    : undefined;
}

function isStore(value: unknown): value is Store {
  return typeof value === "object" && value !== null && "commit" in value && "runs" in value;
}
