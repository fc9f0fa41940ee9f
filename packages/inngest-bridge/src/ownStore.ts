import { checkGiven, isStore, type Store, StorageError } from "@perdure/checkpoint-core";

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
  if (given !== undefined) checkGiven(what, { store: given }, { store: "store" });
  const found: unknown = given ?? agent.store ?? storeBehind(agent.checkpointer);
  if (isStore(found)) return found;
  throw new StorageError(
    "INVALID_ARGUMENT",
    isForeign(agent.checkpointer)
      ? `${what} needs store: the agent's checkpointer is of another make, which keeps states and nothing of runs, approvals and histories. Give \`store: await openStore(url)\` beside it, or the agent a checkpointer of @perdure/checkpoint-* in its place.`
      : `${what} needs store, or an agent with a store or a checkpointer of ours.`,
  );
}

/** Whether it is somebody else's `Checkpointer`. */
function isForeign(checkpointer: unknown): boolean {
  if (typeof checkpointer !== "object" || checkpointer === null) return false;
  const { put, get } = checkpointer as Readonly<Record<string, unknown>>;
  return typeof put === "function" && typeof get === "function";
}

function storeBehind(checkpointer: unknown): unknown {
  return typeof checkpointer === "object" && checkpointer !== null && "store" in checkpointer
    ? checkpointer.store
    : undefined;
}
