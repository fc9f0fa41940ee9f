import { StoreCheckpointer } from "@perdure/checkpoint-core";
import { type RedisStoreOptions, redisStore } from "./store.ts";

/** Checkpoints in Redis, for an agent that takes a `Checkpointer`, as Ziro's do. Disposing it closes the client, unless that was passed in. */
export class RedisCheckpointer extends StoreCheckpointer {
  constructor(options: RedisStoreOptions) {
    super(redisStore(options));
  }
}
