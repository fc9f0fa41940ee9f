import { createStore, type Store, type StoreOptions } from "@perdure/checkpoint-core";
import { type SqliteBackendOptions, sqliteBackend } from "./backend.ts";

/** Options of {@link sqliteStore}: where the database is, how durable a write is, and what every store takes. */
export type SqliteStoreOptions = SqliteBackendOptions & StoreOptions;

/** A store in one SQLite file. Disposing it closes the file; a connection that was passed in as `database` stays open. */
export function sqliteStore(options: SqliteStoreOptions): Store {
  return createStore({ ...options, backend: sqliteBackend(options), ownsBackend: true });
}
