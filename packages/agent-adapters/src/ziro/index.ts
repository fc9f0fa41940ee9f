export { type CurrentCall, currentCall } from "../run/currentCall.ts";
export { ziroAgent } from "./agent.ts";
export type {
  ZiroAgent,
  ZiroAgentOptions,
  ZiroAnswer,
  ZiroCall,
  ZiroHandoff,
  ZiroModel,
  ZiroPrepareStep,
  ZiroRunResult,
  ZiroTold,
  ZiroTool,
} from "./contract.ts";
export { durableModel, type DurableModelOptions } from "./durable.ts";
export {
  createInngestAgent,
  resumeAsStep,
  runAsStep,
  type ZiroInngestAgentOptions,
} from "./inngest.ts";
export type { ZiroOutput } from "./settle.ts";
