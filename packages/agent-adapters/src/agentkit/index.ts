export { type CurrentCall, currentCall } from "../run/currentCall.ts";
export { agentKitAgent } from "./agent.ts";
export { type DecisionRequest, type ToolDecision, waitForDecision } from "./decision.ts";
export { durableTool, type DurableToolOptions } from "./durable.ts";
export type { AgentKitOptions } from "./options.ts";
export type { KitOutput } from "./settle.ts";
