export type {
  AgentContext,
  AgentInput,
  AgentOutcome,
  CheckedRun,
  DurableAgent,
  HeldStep,
  StepName,
  Taken,
} from "./agent.ts";
export { resumeAsStep, runAsStep, type StepAgent } from "./asStep/asStep.ts";
export type {
  AsStepOptions,
  AsStepResult,
  ResumeAsStepOptions,
  RunAsStepOptions,
  Suspended,
} from "./asStep/contract.ts";
export {
  AgentRunFailedError,
  InngestAgentSuspendedError,
  RefusedError,
} from "./asStep/errors.ts";
export type {
  Budget,
  BudgetExceeded,
  BudgetKind,
  Budgets,
  BudgetWarnings,
} from "./budget/contract.ts";
export { TakeoversExceededError } from "./takeovers.ts";
export { BudgetExceededError, budgetExceededIn, SpendingUnknownError } from "./budget/error.ts";
export type {
  Authorize,
  AuthorizeRequest,
  EventInput,
  FunctionOptions,
  FunctionTrigger,
  IncomingEvent,
  InngestAgent,
  InngestAgentOptions,
  WakeOptions,
} from "./inngest/contract.ts";
export type { ReplacedFunction } from "./inngest/replacing.ts";
export type { ContinueAt } from "./continuing.ts";
export { runReady, type WaitInRun } from "./inngest/waitInRun.ts";
export { EventNotSentError } from "./inngest/eventNotSent.ts";
export {
  type AgentEvent,
  type EventDecision,
  resumeEventType,
  resumeRequested,
  type ResumeRequested,
  runEventType,
  runRequested,
  type RunRequested,
} from "./inngest/events.ts";
export { type RefusedDecision, refusalsOf } from "./inngest/refusals.ts";
export { createInngestAgent, isInngestAgent } from "./inngest/inngestAgent.ts";
export type {
  Asked,
  Prepared,
  ResumeOptions,
  RunCallOptions,
  RunCalls,
  StreamOptions,
} from "./inngest/runCalls.ts";
export {
  type AgentLoop,
  type AgentLoopOptions,
  type AgentTool,
  type Compaction,
  defineTool,
  type LoopCall,
  type LoopOutput,
  type LoopResult,
  type LoopStep,
  type ModelFunction,
  type ModelRequest,
  type ModelResponse,
  type ModelStream,
  type OffloadedModel,
  type SpentCall,
  type ToolContext,
  type ToolDefinition,
} from "./loop/contract.ts";
export type { Inference } from "./steps/inference.ts";
export { createAgentLoop } from "./loop/loop.ts";
export { type ClaimCheck, claimCheck, type KeptWhole } from "./claims/claimCheck.ts";
export type { ClaimCheckOptions } from "./claims/options.ts";
export { type LocalRunOptions, runLocally } from "./local.ts";
export { type LocalAgent, localAgent, type LocalAgentOptions } from "./localAgent.ts";
export type {
  CalledAgent,
  DecideOptions,
  DeleteThreadOptions,
  ObserveOptions,
  RunView,
  StartOptions,
  StartResult,
  Target,
} from "./target.ts";
export type { MemoryTools, MemoryToolsOptions, RememberedBy } from "./memory/contract.ts";
export {
  memoriesCreate,
  type MemoriesCreate,
  memoriesDelete,
  type MemoriesDelete,
  memoriesUpdate,
  type MemoriesUpdate,
} from "./memory/events.ts";
export { memoryTools } from "./memory/memoryTools.ts";
export type { Parameters, StandardSchema } from "./loop/schema.ts";
export { inferredModel, type InferredModelOptions } from "./models/inferred.ts";
export { openAIModel, type OpenAIModelOptions } from "./models/openai.ts";
export type { ApprovalSummary, RunReport, RunSummary } from "./report.ts";
export type {
  CountedResult,
  FinalizedRun,
  NamedAgent,
  Price,
  RunItem,
  RunResult,
  RunStats,
  TokenUsage,
} from "./stats/contract.ts";
export { type FinalizeOptions, finalizeRun } from "./stats/finalizeRun.ts";
export { type CalcPrice, pricesFrom } from "./stats/prices.ts";
export type {
  DelegateOptions,
  ScheduleOptions,
  StartedOptions,
} from "./subagents/contract.ts";
export { delegate } from "./subagents/delegate.ts";
export { schedule, type Scheduled } from "./subagents/schedule.ts";
export { spawn } from "./subagents/spawn.ts";
export { type CurrentStep, currentStep, durable, withStep } from "./steps/ambient.ts";
export { durableModel, type DurableModelOptions } from "./steps/durableModel.ts";
export {
  type DurableTool,
  durableTool,
  durableTool as asStep,
  type DurableToolOptions,
} from "./steps/durableTool.ts";
export { perdureMiddleware } from "./steps/middleware.ts";
export type { InvokeOptions, StepId, ToolEvent, ToolStep } from "./steps/toolStep.ts";
export type { StepTools } from "./steps/tools.ts";
export { createUpkeep, type CreateUpkeepOptions } from "./upkeep/createUpkeep.ts";
export type {
  FollowUp,
  FollowUpOptions,
  ListRunsOptions,
  RetryOptions,
  RetryResult,
  UpkeepCalls,
  UpkeepOptions,
} from "./upkeep/contract.ts";
export {
  approvalDue,
  type ApprovalDue,
  followUpDue,
  type FollowUpDue,
  upkeepContinued,
  type UpkeepContinued,
} from "./upkeep/events.ts";
export { createServe, serve, type ServeOptions } from "./inngest/serve.ts";
export {
  type RealtimeEvents,
  realtimePublisher,
  runChannel,
  type RunChannel,
} from "./streams/realtime.ts";
export type { ClientTool, RunOptions, ToolChoice } from "./runOptions.ts";
export type { EndingCallbacks, FunctionCallbacks, RunCallbacks } from "./streams/callbacks.ts";
export { type Ended, type RunEnding, RunNotCompletedError } from "./streams/ending.ts";
export type { RunOutput, RunStream } from "./streams/subscription.ts";
export {
  type Publisher,
  publishToAll,
  STREAM_TTL_MS,
  storePublisher,
  type StreamedRun,
  streamOf,
} from "./streams/publisher.ts";
export { ShownRun } from "./streams/shown.ts";
export type { StepStream } from "./streams/stepStream.ts";
export type {
  ChildMark,
  FinishedStep,
  RunChunk,
  RunEvent,
  RunEventData,
  RunEventName,
} from "./streams/vocabulary.ts";
export { inngestTool, type InngestToolOptions } from "./tools/inngestTool.ts";
