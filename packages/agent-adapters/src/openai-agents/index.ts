export { type CurrentCall, currentCall } from "../run/currentCall.ts";
export { openAIAgent } from "./agent.ts";
export type { OpenAIAgentOptions } from "./options.ts";
export { durableModel, type DurableModelOptions, durableModels, durableTool } from "./durable.ts";
export { itemsOf } from "./items.ts";
export { historySession } from "./session.ts";
export type { OpenAIOutput } from "./settle.ts";
export type { OpenAIPosition } from "./state.ts";
