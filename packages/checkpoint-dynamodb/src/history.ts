import {
  type AgentResultLike,
  type HistoryConfig,
  type HistoryConfigOptions,
  ownedHistory,
} from "@perdure/checkpoint-core";
import { type DynamoStoreOptions, dynamoStore } from "./store.ts";

/** The history of AgentKit networks in one DynamoDB table: `createNetwork({ history: dynamoHistory({ table }, { AgentResult }) })`. Disposing it closes the client, unless that was passed in. */
export function dynamoHistory<R extends AgentResultLike>(
  options: DynamoStoreOptions,
  agentKit: HistoryConfigOptions<R>,
): HistoryConfig<R> & AsyncDisposable {
  return ownedHistory(dynamoStore(options), agentKit);
}
