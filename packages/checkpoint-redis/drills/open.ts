import type { Backend } from "@perdure/checkpoint-core";
import { redisBackend, type RedisBackendOptions } from "@perdure/checkpoint-redis";

/** Each process of a drill opens the place that it is told of. */
export function open(given: string): Backend {
  return redisBackend(JSON.parse(given) as RedisBackendOptions);
}
