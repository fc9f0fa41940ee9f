export { type CurrentCall, currentCall } from "../run/currentCall.ts";
export { ziroAgent } from "./agent.ts";
export type {
  ZiroAgent,
  ZiroAgentOptions,
  ZiroAnswer,
  ZiroCall,
  ZiroModel,
  ZiroPrepareStep,
  ZiroRunResult,
  ZiroTool,
} from "./contract.ts";
export {
  createInngestAgent,
  resumeAsStep,
  runAsStep,
  type ZiroInngestAgentOptions,
} from "./inngest.ts";
export type { ZiroOutput } from "./settle.ts";
