import { apart, createStore, type Store, type StoreOptions } from "@perdure/checkpoint-core";
import { postgresBackend } from "./backend.ts";
import { backendOptions, type PostgresBackendOptions } from "./options.ts";

/** Options of {@link postgresStore}: where the database is, how durable a write is, and what every store takes. */
export type PostgresStoreOptions = PostgresBackendOptions & StoreOptions;

/**
 * A store in a Postgres database. The server is not asked before the first use; `setup` says at once whether it can be. Disposing the store closes the connections that were opened for a
 * `url`; a pool that was passed in stays open. Throws `INVALID_ARGUMENT` for options that cannot be, or that nobody knows.
 */
export function postgresStore(options: PostgresStoreOptions): Store {
  const { forBackend, forStore } = apart<PostgresBackendOptions>(options, backendOptions);
  return createStore({ ...forStore, backend: postgresBackend(forBackend), ownsBackend: true });
}
