import type { ChatMessage, ContentPart, ToolCallPart, TokenUsage } from "./conversation.ts";

/*
 * The types of `@ziro-agent/agent` and what they are made of, written after what is known of them: whole, so that what is assignable here is assignable there. A model's answer is wider than
 * Ziro's, which takes less.
 */

export interface GenerateResult {
  readonly text: string;
  readonly content: readonly object[];
  readonly toolCalls: readonly ToolCallPart[];
  readonly finishReason: string;
  readonly usage: TokenUsage;
  readonly rawResponse?: unknown;
}

export interface LanguageModel {
  readonly modelId: string;
  readonly provider: string;
  generate(options: {
    readonly messages: readonly ChatMessage[];
    readonly tools?: readonly { readonly name: string; readonly description?: string }[];
    readonly abortSignal?: AbortSignal;
  }): Promise<GenerateResult>;
}

export interface ToolContext {
  readonly toolCallId: string;
  readonly abortSignal?: AbortSignal;
  readonly metadata?: Record<string, unknown>;
}

export interface Tool {
  readonly name: string;
  readonly description?: string;
  readonly input: { parse(value: unknown): unknown };
  readonly requiresApproval?:
    | boolean
    | ((
        input: never,
        context: { readonly toolCallId: string; readonly metadata?: Record<string, unknown> },
      ) => boolean | Promise<boolean>);
  execute(input: never, context: ToolContext): unknown;
}

export type CheckpointId = string;

export interface CheckpointMeta {
  id: CheckpointId;
  threadId: string;
  createdAt: Date;
  agentSnapshotVersion: number;
  sizeBytes: number;
}

export interface Checkpointer {
  put(threadId: string, snapshot: AgentSnapshot): Promise<CheckpointId>;
  get(threadId: string, checkpointId?: CheckpointId): Promise<AgentSnapshot | null>;
  list(threadId: string, opts?: { limit?: number }): Promise<CheckpointMeta[]>;
  delete(threadId: string, checkpointId?: CheckpointId): Promise<void>;
}

export interface BudgetUsage {
  usd: number;
  tokens: number;
  llmCalls: number;
  steps: number;
  durationMs: number;
}

export interface SerializableBudgetSpec {
  tenantId?: string;
  hard?: boolean;
  maxUsd?: number;
  maxTokens?: number;
  maxLlmCalls?: number;
  maxSteps?: number;
  maxDurationMs?: number;
  warnAt?: { usd?: number; tokens?: number; pctOfMax?: number };
  onExceed?: "throw" | "truncate";
}

export interface BudgetSpec extends Omit<SerializableBudgetSpec, "onExceed"> {
  onExceed?:
    | "throw"
    | "truncate"
    | ((context: object) => { handled: boolean; replacement?: unknown } | Promise<never>);
}

export type Decision =
  | { decision: "approve"; modifiedInput?: unknown }
  | { decision: "reject"; reason?: string }
  | { decision: "suspend" };

export interface ApprovalRequest {
  toolCallId: string;
  toolName: string;
  toolDescription?: string;
  input: unknown;
  rawArgs: unknown;
  context: { step: number; messages: readonly unknown[]; metadata?: Record<string, unknown> };
}

export interface PendingApproval {
  toolCallId: string;
  toolName: string;
  toolDescription?: string;
  parsedInput: unknown;
  rawArgs: unknown;
}

export interface ToolExecutionResult {
  toolCallId: string;
  toolName: string;
  result: unknown;
  isError: boolean;
  durationMs: number;
  parsedArgs?: unknown;
  budgetExceeded?: { kind: string; limit: number; observed: number; scopeId: string };
  pendingApproval?: PendingApproval;
}

export interface AgentStep {
  index: number;
  text: string;
  content: ContentPart[];
  toolCalls: ToolCallPart[];
  toolResults: ToolExecutionResult[];
  finishReason: string;
  usage: TokenUsage;
}

export interface AgentSnapshot {
  readonly version: 1 | 2;
  readonly __ziro_snapshot__: true;
  agentId?: string;
  createdAt: string;
  scopeId?: string;
  step: number;
  messages: ChatMessage[];
  steps: AgentStep[];
  totalUsage: TokenUsage;
  budgetUsage?: BudgetUsage;
  budgetSpec?: SerializableBudgetSpec;
  pendingApprovals: PendingApproval[];
  resolvedSiblings: ToolExecutionResult[];
}

export type StepEvent =
  | { type: "step-start"; index: number }
  | { type: "llm-finish"; index: number; text: string; toolCalls: ToolCallPart[] }
  | { type: "tool-result"; index: number; result: ToolExecutionResult }
  | { type: "step-finish"; step: AgentStep }
  | { type: "agent-finish"; reason: string };

export type PrepareStep = (context: {
  stepIndex: number;
  messages: ChatMessage[];
}) =>
  | { model?: LanguageModel; system?: string; activeTools?: string[] }
  | undefined
  | Promise<{ model?: LanguageModel; system?: string; activeTools?: string[] } | undefined>;

export type RepairToolCall = (
  call: ToolCallPart,
  error: unknown,
  context: { toolName: string; toolCallId: string },
) => ToolCallPart | null | Promise<ToolCallPart | null>;

/** What a run and a resume are both asked with. */
interface AskedOptions {
  budget?: BudgetSpec;
  toolBudget?: BudgetSpec;
  approver?: (request: ApprovalRequest) => Decision | Promise<Decision>;
  abortSignal?: AbortSignal;
  onEvent?: (event: StepEvent) => void | Promise<void>;
  metadata?: Record<string, unknown>;
  prepareStep?: PrepareStep;
  repairToolCall?: RepairToolCall;
}

export interface AgentRunOptions extends AskedOptions {
  prompt?: string;
  messages?: ChatMessage[];
  threadId?: string;
  agentId?: string;
}

export interface AgentResumeOptions extends AskedOptions {
  decisions: Record<string, Decision>;
  maxSteps?: number;
  stopWhen?: StopWhen;
}

export type StopWhen = (context: {
  steps: AgentStep[];
  totalUsage: TokenUsage;
}) => boolean | Promise<boolean>;

export interface AgentRunResult {
  text: string;
  steps: AgentStep[];
  totalUsage: TokenUsage;
  finishReason: "completed" | "stopWhen" | "maxSteps" | "aborted" | "budgetExceeded";
  messages: ChatMessage[];
  budgetExceeded?: { kind: string; limit: number; observed: number; scopeId: string };
}

export interface Agent {
  readonly name: string;
  readonly tools: Record<string, Tool>;
  readonly checkpointer?: Checkpointer;
  readonly memory?: object;
  run(options: AgentRunOptions): Promise<AgentRunResult>;
  resume(snapshot: AgentSnapshot, options: AgentResumeOptions): Promise<AgentRunResult>;
  resumeFromCheckpoint(
    threadId: string,
    options: AgentResumeOptions & { checkpointId?: CheckpointId },
  ): Promise<AgentRunResult>;
  listCheckpoints(threadId: string, opts?: { limit?: number }): Promise<CheckpointMeta[]>;
}

export interface CreateAgentOptions {
  model: LanguageModel;
  name?: string;
  tools?: Record<string, Tool>;
  handoffs?: (Agent | HandoffSpec)[];
  maxHandoffDepth?: number;
  system?: string;
  maxSteps?: number;
  stopWhen?: StopWhen;
  prepareStep?: PrepareStep;
  checkpointer?: Checkpointer;
  defaultThreadId?: string;
  memory?: object;
  repairToolCall?: RepairToolCall;
}

export interface HandoffSpec {
  agent: Agent;
  inputFilter?: (messages: ChatMessage[]) => ChatMessage[];
  description?: string;
}
