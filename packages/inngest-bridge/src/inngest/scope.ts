import { type Scope, type Store, StorageError } from "@perdure/checkpoint-core";
import type { IncomingEvent } from "./contract.ts";

/** A store, and whose part of it an event is about. */
export interface ScopedStore {
  readonly store: Store;
  readonly scope: ((event: IncomingEvent) => Scope) | undefined;
}

/** The store that an event is about. Throws `INVALID_ARGUMENT` where `scope` does not say whose it is: nothing falls back to the store's own scope. */
export function storeOf({ store, scope }: ScopedStore, event: IncomingEvent): Store {
  return scope ? store.for(checkedScope(scope(event))) : store;
}

/** The store that a call from trusted code is about. */
export function scoped(
  { store }: Pick<ScopedStore, "store">,
  { scope }: { readonly scope?: Scope | undefined },
): Store {
  return scope === undefined ? store : store.for(checkedScope(scope));
}

const KEYS = new Set(["tenant", "user"]);

function checkedScope(scope: unknown): Scope {
  if (!isPlain(scope) || Object.keys(scope).some((key) => !KEYS.has(key)))
    throw new StorageError(
      "INVALID_ARGUMENT",
      "A scope is an object with `tenant`, `user` or both, and no promise of one.",
    );
  return scope;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && !("then" in value);
}
