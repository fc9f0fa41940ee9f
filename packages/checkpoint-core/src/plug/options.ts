import type { StoreOptions } from "../store/options.ts";

/** The options of a backend package's store, apart: those under the backend's names, and those of every store. `createStore` refuses what neither knows. */
export function apart<B extends object>(
  options: B & StoreOptions,
  backendOptions: ReadonlySet<string>,
): { readonly forBackend: B; readonly forStore: StoreOptions } {
  const { ours = [], others = [] } = Object.groupBy(Object.entries(options), ([name]) =>
    backendOptions.has(name) ? "ours" : "others",
  );
  return { forBackend: Object.fromEntries(ours) as B, forStore: Object.fromEntries(others) };
}
