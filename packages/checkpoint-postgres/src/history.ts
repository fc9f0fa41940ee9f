import {
  type AgentResultLike,
  type HistoryConfig,
  type HistoryConfigOptions,
  ownedHistory,
} from "@perdure/checkpoint-core";
import { type PostgresStoreOptions, postgresStore } from "./store.ts";

/** The history of AgentKit networks in a Postgres database: `createNetwork({ history: postgresHistory({ pool }, { AgentResult }) })`. Disposing it closes the connections that were opened for a `url`. */
export function postgresHistory<R extends AgentResultLike>(
  options: PostgresStoreOptions,
  agentKit: HistoryConfigOptions<R>,
): HistoryConfig<R> & AsyncDisposable {
  return ownedHistory(postgresStore(options), agentKit);
}
