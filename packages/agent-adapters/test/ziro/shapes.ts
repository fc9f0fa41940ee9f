// The shapes of `@ziro-agent/agent`, as far as its stand-in has them.

export interface Usage {
  readonly promptTokens?: number;
  readonly completionTokens?: number;
  readonly totalTokens?: number;
}

export interface ToolCallPart {
  readonly type: "tool-call";
  readonly toolCallId: string;
  readonly toolName: string;
  readonly args: unknown;
}

export interface GenerateResult {
  readonly text: string;
  readonly content: readonly object[];
  readonly toolCalls: readonly ToolCallPart[];
  readonly finishReason: string;
  readonly usage: Usage;
}

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: unknown;
}

export interface LanguageModel {
  readonly modelId: string;
  readonly provider: string;
  generate(options: {
    readonly messages: readonly ChatMessage[];
    readonly abortSignal?: AbortSignal;
  }): Promise<GenerateResult>;
}

export interface Tool {
  readonly name: string;
  readonly description?: string;
  readonly input: { parse(value: unknown): unknown };
  readonly requiresApproval?: boolean;
  execute(
    input: never,
    context: { readonly toolCallId: string; readonly abortSignal?: AbortSignal },
  ): unknown;
}

export interface Checkpointer {
  put(threadId: string, snapshot: never): Promise<string>;
  get(threadId: string, checkpointId?: string): Promise<unknown>;
}

export interface BudgetSpec {
  readonly maxTokens?: number;
  readonly maxLlmCalls?: number;
  readonly maxSteps?: number;
  readonly onExceed?: "throw" | "truncate";
}

export type Decision =
  | { readonly decision: "approve"; readonly modifiedInput?: unknown }
  | { readonly decision: "reject"; readonly reason?: string }
  | { readonly decision: "suspend" };

export interface PendingApproval {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly parsedInput: unknown;
  readonly rawArgs: unknown;
}

export interface ToolResult {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly result: unknown;
  readonly isError: boolean;
  readonly pendingApproval?: PendingApproval;
}

export interface Step {
  readonly index: number;
  readonly text: string;
  readonly toolCalls: readonly ToolCallPart[];
  readonly toolResults: readonly ToolResult[];
  readonly usage: Usage;
}

export interface Snapshot {
  readonly version: 2;
  readonly __ziro_snapshot__: true;
  readonly agentId?: string;
  readonly createdAt: string;
  readonly step: number;
  readonly messages: readonly ChatMessage[];
  readonly steps: readonly Step[];
  readonly totalUsage: Usage;
  readonly pendingApprovals: readonly PendingApproval[];
  readonly resolvedSiblings: readonly ToolResult[];
}
