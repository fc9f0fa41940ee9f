export { type CurrentCall, currentCall } from "../run/currentCall.ts";
export { aiSdkAgent } from "./agent.ts";
export { modelMessagesOf } from "./messages.ts";
export type { AiSdkOutput } from "./settle.ts";
export type { AiSdkAgentSettings, AiSdkRunSettings } from "./settings.ts";
