// What loads no Inngest. AgentKit's own package does.
export { runAgent } from "@perdure/checkpoint-core";
export { type CurrentCall, currentCall } from "../run/currentCall.ts";
export { agentKitAgent } from "./agent.ts";
export { type DecisionRequest, type ToolDecision, waitForDecision } from "./decision.ts";
export { durableTool, type DurableToolOptions } from "./durable.ts";
export type { ToolOnce } from "./effect.ts";
export { agentKitHistory, type AgentKitHistoryOptions } from "./history.ts";
export type { AgentKitOptions } from "./options.ts";
export type { KitOutput } from "./settle.ts";
export { networkResult } from "./stats.ts";
export { type StoreStreaming, storeStreaming, type StoreStreamingOptions } from "./streaming.ts";
