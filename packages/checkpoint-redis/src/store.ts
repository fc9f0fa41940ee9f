import { apart, createStore, type Store, type StoreOptions } from "@perdure/checkpoint-core";
import { redisBackend } from "./backend.ts";
import { backendOptions, type RedisBackendOptions } from "./options.ts";

/** Options of {@link redisStore}: where Redis is, what it must keep, and what every store takes. */
export type RedisStoreOptions = RedisBackendOptions & StoreOptions;

/**
 * A store in Redis. Nothing is asked of the server before the first use; `setup` says at once whether it can be used. Disposing the store closes the client that it opened; one that was passed in
 * stays open. Throws `INVALID_ARGUMENT` for options that cannot be, or that nobody knows.
 */
export function redisStore(options: RedisStoreOptions): Store {
  const { forBackend, forStore } = apart<RedisBackendOptions>(options, backendOptions);
  return createStore({ ...forStore, backend: redisBackend(forBackend), ownsBackend: true });
}
