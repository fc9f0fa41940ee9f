import { apart, createStore, type Store, type StoreOptions } from "@perdure/checkpoint-core";
import { backendOptions, type SqliteBackendOptions, sqliteBackend } from "./backend.ts";

/** Options of {@link sqliteStore}: where the database is, how durable a write is, and what every store takes. */
export type SqliteStoreOptions = SqliteBackendOptions & StoreOptions;

/**
 * A store in one SQLite file. The file is not touched before the first use; `setup` says at once whether it can be. Disposing the store closes the file; a
 * connection that was passed in as `database` stays open. Throws `INVALID_ARGUMENT` for options that cannot be, or that nobody knows.
 */
export function sqliteStore(options: SqliteStoreOptions): Store {
  const { forBackend, forStore } = apart<SqliteBackendOptions>(options, backendOptions);
  return createStore({ ...forStore, backend: sqliteBackend(forBackend), ownsBackend: true });
}
