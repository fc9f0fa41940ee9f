// What agents of other frameworks are made with, and run by, where there may be no Inngest: nothing here loads it.
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
export { refuseReplaced } from "./askedOf.ts";
export { type CallMeter, callMeter } from "./budget/callMeter.ts";
export type { Budget, BudgetExceeded, BudgetKind, Budgets } from "./budget/contract.ts";
export { endUsedUpBehind, type LastTurn, type UsedUpEnding } from "./budget/ending.ts";
export { BudgetExceededError, SpendingUnknownError } from "./budget/error.ts";
export { budgetsProblemOf } from "./budget/holding.ts";
export { exceededAt, type SpentTurn, tallyBeside } from "./budget/spending.ts";
export { tellWarnings } from "./budget/warnings.ts";
export { askWithin } from "./budget/within.ts";
export { type LocalRunOptions, runLocally } from "./local.ts";
export { type LocalAgent, localAgent, type LocalAgentOptions } from "./localAgent.ts";
export type { LoopOutput, SpentCall } from "./loop/contract.ts";
export { countAnswer, type CountedAnswer, countCall } from "./loop/count.ts";
export { idempotencyKey, shownName, stepPart } from "./loop/key.ts";
export { inferredTurn } from "./loop/offload.ts";
export type { Inference } from "./steps/inference.ts";
export { errorResult, keepResult, resultOf, storedResult } from "./loop/result.ts";
export type { ApprovalSummary, RunReport, RunSummary } from "./report.ts";
export type { ClientTool, RunOptions, ToolChoice } from "./runOptions.ts";
export type {
  FinalizedRun,
  NamedAgent,
  Price,
  RunItem,
  RunResult,
  RunStats,
  TokenUsage,
} from "./stats/contract.ts";
export { countResult } from "./stats/count.ts";
export { type FinalizeOptions, finalizeRun } from "./stats/finalizeRun.ts";
export { NOTHING, plus, statsOf, type Tally } from "./stats/tally.ts";
export {
  type CurrentStep,
  currentStep,
  durable,
  durably,
  insideStep,
  type NamedStep,
  withStep,
} from "./steps/ambient.ts";
export { durableModel, type DurableModelOptions } from "./steps/durableModel.ts";
export {
  durableTool,
  type DurableTool,
  type DurableToolOptions,
} from "./steps/durableTool.ts";
export { doneOnce, type OnceEffect } from "./steps/doneOnce.ts";
export { type FailureOrigin, StepFailure, Thrown } from "./steps/failure.ts";
export { plainJson } from "./steps/output.ts";
export { shownPrompt } from "./steps/shownPrompt.ts";
export {
  type InvokeOptions,
  type StepId,
  type ToolEvent,
  type ToolStep,
  toolStep,
  type ToolStepOptions,
} from "./steps/toolStep.ts";
export type { StepTools } from "./steps/tools.ts";
export {
  answerEvents,
  callPart,
  outputPart,
  type PartName,
  type PartPlace,
  textPart,
} from "./streams/parts.ts";
export {
  type Publisher,
  publishToAll,
  storePublisher,
  type StreamedRun,
  streamOf,
} from "./streams/publisher.ts";
export { ShownRun } from "./streams/shown.ts";
export type { StepStream } from "./streams/stepStream.ts";
export type { RunOutput, RunStream } from "./streams/subscription.ts";
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
export type { RunChunk, RunEvent, RunEventData, RunEventName } from "./streams/vocabulary.ts";
