import type { AgentResultLike, HistoryConfig, HistoryConfigOptions } from "../agentkit/contract.ts";
import { historyConfig } from "../agentkit/historyConfig.ts";
import type { Store } from "../store/contract.ts";

/** The history of AgentKit networks in a store that was opened for it: disposing the history disposes the store. */
export function ownedHistory<R extends AgentResultLike>(
  store: Store,
  agentKit: HistoryConfigOptions<R>,
): HistoryConfig<R> & AsyncDisposable {
  const history = historyConfig(store, agentKit);
  return { ...history, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}
