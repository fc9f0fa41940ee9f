import {
  type AgentResultLike,
  type HistoryConfig,
  type HistoryConfigOptions,
  ownedHistory,
} from "@perdure/checkpoint-core";
import { type SqliteStoreOptions, sqliteStore } from "./store.ts";

/** The history of AgentKit networks in one SQLite file: `createNetwork({ history: sqliteHistory({ path }, { AgentResult }) })`. Disposing it closes the file. */
export function sqliteHistory<R extends AgentResultLike>(
  options: SqliteStoreOptions,
  agentKit: HistoryConfigOptions<R>,
): HistoryConfig<R> & AsyncDisposable {
  return ownedHistory(sqliteStore(options), agentKit);
}
