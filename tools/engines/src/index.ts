export { EngineError } from "./contract.ts";
export type { Engine, EngineName, Origin, OwnServer, Passage } from "./contract.ts";
export { engine } from "./engine.ts";
export { leftOut } from "./leftOut.ts";
export { freshName } from "./names.ts";
export { ownServer } from "./ownServer.ts";
export { passage } from "./passage.ts";
export { pgbouncer } from "./pgbouncer.ts";
export { type RedisCluster, redisCluster } from "./redisCluster.ts";
