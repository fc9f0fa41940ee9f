export { runAgent } from "@perdure/checkpoint-core";
export { type CurrentCall, currentCall } from "../run/currentCall.ts";
export { agentKitAgent } from "./agent.ts";
export { type DecisionRequest, type ToolDecision, waitForDecision } from "./decision.ts";
export { durableTool, type DurableToolOptions } from "./durable.ts";
export {
  type AgentKitFunctions,
  agentKitFunctions,
  type AgentKitFunctionsOptions,
} from "./functions.ts";
export { agentKitHistory, type AgentKitHistoryOptions } from "./history.ts";
export { type AgentKitInngestOptions, createInngestAgent } from "./inngest.ts";
export { type AgentKitMemory, agentKitMemory } from "./memory.ts";
export type { AgentKitOptions } from "./options.ts";
export type { KitOutput } from "./settle.ts";
export { networkResult } from "./stats.ts";
export { type StoreStreaming, storeStreaming, type StoreStreamingOptions } from "./streaming.ts";
