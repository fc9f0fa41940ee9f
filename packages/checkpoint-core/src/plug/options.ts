import { StorageError } from "../errors.ts";
import { checkOptionNames, type StoreOptions } from "../store/options.ts";

/**
 * The options of a backend package's store, apart: those under the backend's names, and those of every store. Throws `INVALID_ARGUMENT` for no options, and for one that neither
 * has.
 */
export function apart<B extends object>(
  options: B & StoreOptions,
  backendOptions: ReadonlySet<string>,
): { readonly forBackend: B; readonly forStore: StoreOptions } {
  if (typeof options !== "object" || options === null)
    throw new StorageError(
      "INVALID_ARGUMENT",
      `A store is opened with options: one of ${[...backendOptions].join(", ")} at least.`,
    );
  checkOptionNames(options, backendOptions);
  const { ours = [], others = [] } = Object.groupBy(Object.entries(options), ([name]) =>
    backendOptions.has(name) ? "ours" : "others",
  );
  return { forBackend: Object.fromEntries(ours) as B, forStore: Object.fromEntries(others) };
}
