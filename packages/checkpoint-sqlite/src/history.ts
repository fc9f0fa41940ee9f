import {
  type AgentResultLike,
  type HistoryConfig,
  type HistoryConfigOptions,
  historyConfig,
} from "@perdure/checkpoint-core";
import { type SqliteStoreOptions, sqliteStore } from "./store.ts";

/** The history of AgentKit networks in one SQLite file: `createNetwork({ history: sqliteHistory({ path }, { AgentResult }) })`. */
export function sqliteHistory<R extends AgentResultLike>(
  options: SqliteStoreOptions,
  agentKit: HistoryConfigOptions<R>,
): HistoryConfig<R> {
  return historyConfig(sqliteStore(options), agentKit);
}
