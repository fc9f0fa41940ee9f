export { type AgentKitChunk, AgentKitChunks } from "./chunks.ts";
export type { Handler, Identity, UseAgentOptions, UseAgentRoutes } from "./contract.ts";
export { type UserChannel, useAgentPublisher, userChannel } from "./realtime.ts";
export { useAgentRoutes } from "./routes.ts";
