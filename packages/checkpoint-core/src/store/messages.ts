/** A tool call that the model asked for. `id` is the provider's: unique within its turn, not beyond. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

/**
 * What a framework's own form of a message holds beyond the plain one (reasoning with its signatures, files, a denial as its provider knows it). Only that framework's adapter
 * reads it; everybody else has the plain form.
 */
export interface Native {
  /** The framework, by the name of its adapter. */
  readonly of: string;
  readonly value: unknown;
}

/** What the model said in a turn, as it goes into the history. */
export interface AssistantMessage {
  readonly role: "assistant";
  readonly content: string;
  readonly toolCalls?: readonly ToolCall[];
  readonly native?: Native;
}

/** What a tool call gave, as it goes into the history. */
export interface ToolMessage {
  readonly role: "tool";
  readonly toolCallId: string;
  readonly toolName: string;
  readonly content: unknown;
  readonly isError?: boolean;
  readonly native?: Native;
}

/** A message of a conversation as our own loop keeps it. Adapters keep their framework's own shape. */
export type Message =
  | { readonly role: "system"; readonly content: string }
  | { readonly role: "user"; readonly content: unknown; readonly native?: Native }
  | AssistantMessage
  | ToolMessage;

/** The model's stored answer of a turn. `message` goes into the history when the turn is closed; `extra` (usage, model) stays with the answer. */
export interface Answer {
  readonly message: AssistantMessage;
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** A tool call's stored result. What is in `extra` (what the call used up) stays with the result and goes into no history. */
export interface ToolResult {
  readonly callId: string;
  readonly toolName: string;
  readonly content: unknown;
  readonly isError?: boolean;
  readonly native?: Native;
  readonly extra?: Readonly<Record<string, unknown>>;
}
