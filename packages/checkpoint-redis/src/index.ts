export { redisBackend } from "./backend.ts";
export { RedisCheckpointer } from "./checkpointer.ts";
export { fromIoRedis, type RedisClient, type RedisSubscriber } from "./client.ts";
export { redisHistory } from "./history.ts";
export type { RedisGiven, RedisLocation, RedisNodes, RedisUrl } from "./location.ts";
export type { RedisBackendOptions } from "./options.ts";
export type { RedisDurability, RedisServerReport } from "./server.ts";
export { type RedisStoreOptions, redisStore } from "./store.ts";
