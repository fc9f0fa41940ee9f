export { type CurrentCall, currentCall } from "../run/currentCall.ts";
export { mastraAgent } from "./agent.ts";
export type { MastraAgent } from "./contract.ts";
export type { MastraOutput } from "./settle.ts";
export type { MastraAgentOptions, RequireToolApproval, TakenOption } from "./settings.ts";
export { type MastraCacheOptions, StoreServerCache } from "./storage/cache.ts";
export { claimResumes, type ClaimOptions } from "./storage/claims.ts";
export { mastraStorage, type MastraStorageOptions } from "./storage/storage.ts";
