import {
  type AgentResultLike,
  type HistoryConfig,
  type HistoryConfigOptions,
  ownedHistory,
} from "@perdure/checkpoint-core";
import { type RedisStoreOptions, redisStore } from "./store.ts";

/** The history of AgentKit networks in Redis: `createNetwork({ history: redisHistory({ url }, { AgentResult }) })`. Disposing it closes the client, unless that was passed in. */
export function redisHistory<R extends AgentResultLike>(
  options: RedisStoreOptions,
  agentKit: HistoryConfigOptions<R>,
): HistoryConfig<R> & AsyncDisposable {
  return ownedHistory(redisStore(options), agentKit);
}
