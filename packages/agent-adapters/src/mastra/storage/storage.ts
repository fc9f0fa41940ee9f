import { InMemoryStore, MastraCompositeStore } from "@mastra/core/storage";
import { checkGiven, type Store, StorageError } from "@perdure/checkpoint-core";
import { StoreMemory } from "./memory.ts";
import { StoreThreadState } from "./threadState.ts";
import { StoreWorkflows } from "./workflows.ts";

/** What `mastraStorage` is made of. */
export interface MastraStorageOptions {
  /** Named in Mastra's own messages; `perdure` when not given. */
  readonly id?: string;
  /** Where the domains are kept that are not ours (scores, traces, agents made in an editor); the memory of this process when not given. */
  readonly others?: MastraCompositeStore;
}

/**
 * A Mastra storage over a store, on whatever backend: `workflows`, `memory` and `threadState` are kept there, with compare-and-set.
 *
 * Lists go through all threads of the store's scope: give it a scope of its own (`store.for({ user: "mastra" })`) where others write there too.
 */
export function mastraStorage(
  store: Store,
  { id = "perdure", others, ...unknown }: MastraStorageOptions = {},
): MastraCompositeStore {
  const [name] = Object.keys(unknown);
  if (name !== undefined)
    throw new StorageError("INVALID_ARGUMENT", `mastraStorage has no option "${name}".`);
  checkGiven("mastraStorage", { store }, { store: "store" });
  return new MastraCompositeStore({
    id,
    name: "PerdureStorage",
    default: others ?? new InMemoryStore(),
    domains: {
      workflows: new StoreWorkflows(store),
      memory: new StoreMemory(store),
      threadState: new StoreThreadState(store),
    },
  });
}
