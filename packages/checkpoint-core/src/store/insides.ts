import { StorageError } from "../errors.ts";
import type { StoreContext } from "./context.ts";
import type { Store } from "./contract.ts";

/** What stands behind a store of ours. */
export interface Insides {
  readonly context: StoreContext;
  /** The same backend for another tenant, and no user. */
  readonly tenantContext: (tenant: string | undefined) => StoreContext;
}

const insides = new WeakMap<Store, Insides>();

/** Remembers what stands behind a store, for what works on two of them. */
export function keepInsides(store: Store, behind: Insides): Store {
  insides.set(store, behind);
  return store;
}

/** What stands behind a store. Throws `INVALID_ARGUMENT` for one that was not made by `createStore` of this copy of the package. */
export function insidesOf(store: Store): Insides {
  const found = insides.get(store);
  if (!found)
    throw new StorageError(
      "INVALID_ARGUMENT",
      "The store was not made by this package's createStore.",
    );
  return found;
}
