export {
  type AgentKitFunctions,
  agentKitFunctions,
  type AgentKitFunctionsOptions,
} from "./functions.ts";
export { type AgentKitInngestOptions, createInngestAgent } from "./inngest.ts";
export { type AgentKitMemory, agentKitMemory } from "./memory.ts";
export * from "./withoutInngest.ts";
