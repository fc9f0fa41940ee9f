import { apart, createStore, type Store, type StoreOptions } from "@perdure/checkpoint-core";
import { backendOptions, type DynamoBackendOptions, dynamoBackend } from "./backend.ts";

/** Options of {@link dynamoStore}: where the table is, how long a call contends, and what every store takes. */
export type DynamoStoreOptions = DynamoBackendOptions & StoreOptions;

/**
 * A store in one DynamoDB table. Nothing is asked before the first use; `setup` says at once whether the table can be used. Disposing the store closes the client that was made here; one that was passed in stays open.
 * Throws `INVALID_ARGUMENT` for options that cannot be, or that nobody knows.
 */
export function dynamoStore(options: DynamoStoreOptions): Store {
  const { forBackend, forStore } = apart<DynamoBackendOptions>(options, backendOptions);
  return createStore({ ...forStore, backend: dynamoBackend(forBackend), ownsBackend: true });
}
