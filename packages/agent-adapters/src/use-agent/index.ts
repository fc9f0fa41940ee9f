export { type AgentKitChunk, AgentKitChunks } from "./chunks.ts";
export type {
  Handler,
  Identity,
  TokenGiver,
  UseAgentOptions,
  UseAgentRoutes,
} from "./contract.ts";
export { useAgentRoutes } from "./routes.ts";
