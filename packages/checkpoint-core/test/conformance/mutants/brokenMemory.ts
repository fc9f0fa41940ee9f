import { createStore, memoryBackend, type MemoryStore } from "@perdure/checkpoint-core";
import type { MemoryStoreSubject } from "../../../src/conformance/index.ts";
import type { Mutant } from "./mutant.ts";

/** Our memories behind a layer that gets some verbs wrong. `wrap` is called for each handle. */
export function broken(
  id: string,
  does: string,
  killedBy: string,
  wrap: (right: MemoryStore) => Partial<MemoryStore>,
): Mutant<MemoryStoreSubject> {
  return opened(id, does, killedBy, (right) => ({ ...right, ...wrap(right) }));
}

/** The same, of which the user is told to `wrap`: `open` opens the right one of any user. */
export function opened(
  id: string,
  does: string,
  killedBy: string,
  wrap: (right: MemoryStore, open: (user?: string) => MemoryStore) => MemoryStore,
): Mutant<MemoryStoreSubject> {
  return {
    id,
    does,
    killedBy: `memory-store.${killedBy}`,
    create() {
      const backend = memoryBackend();
      const right = (user?: string): MemoryStore =>
        createStore({ backend, scope: user === undefined ? {} : { user } }).memory;
      const open = (user?: string): MemoryStore => wrap(right(user), right);
      return Promise.resolve({
        memory: open(),
        another: () => Promise.resolve(open()),
        as: (user: string) => Promise.resolve(open(user)),
      });
    },
  };
}
