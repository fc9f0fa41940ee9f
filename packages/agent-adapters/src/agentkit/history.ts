import { AgentResult } from "@inngest/agent-kit";
import {
  checkGiven,
  type HistoryConfig,
  historyConfig,
  type HistoryConfigOptions,
  type Store,
} from "@perdure/checkpoint-core";

/** What a history may be told. */
export type AgentKitHistoryOptions = Omit<HistoryConfigOptions<AgentResult>, "AgentResult">;

/**
 * The `history` of a network that is run as it is: what was said, and its `state.data`, stand in the thread of the state. For an agent that is run by itself, which stores nothing, there is
 * `runAgent`.
 */
export function agentKitHistory(
  store: Store,
  options: AgentKitHistoryOptions = {},
): HistoryConfig<AgentResult> {
  checkGiven("agentKitHistory", { store }, { store: "store" });
  return historyConfig(store, { ...options, AgentResult });
}
