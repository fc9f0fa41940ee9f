export { type CurrentCall, currentCall } from "../run/currentCall.ts";
export { aiSdkAgent } from "./agent.ts";
export {
  durableCalls,
  type DurableCallsOptions,
  durableModel,
  durableTools,
} from "./durable.ts";
export { type SaveOptions, type UIMessageHistory, uiMessageHistory } from "./history.ts";
export {
  type ModelMessageHistory,
  modelMessageHistory,
  type UpsertMessagesOptions,
} from "./modelHistory.ts";
export { modelMessagesOf } from "./messages.ts";
export { approvalResponses, type ResponseDecision } from "./responses.ts";
export type { AiSdkOutput } from "./settle.ts";
export type { AiSdkAgentSettings, AiSdkRunSettings } from "./settings.ts";
export { toUIMessageStream, type UIMessageStreamOfRun } from "./uiStream.ts";
export { durableTool } from "@perdure/inngest-bridge/agent";
