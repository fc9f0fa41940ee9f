import type { HistoryEntry } from "../store/history/contract.ts";
import type { AgentResultClass, AgentResultLike } from "./contract.ts";

/** A message as it is stored. */
export type StoredMessage =
  | { readonly by: "user"; readonly content: string }
  | {
      readonly by: "agent";
      readonly agentName: string;
      readonly output: unknown;
      readonly toolCalls: unknown;
      readonly createdAt: Date;
      readonly raw?: string;
      readonly prompt?: unknown;
      readonly history?: unknown;
    };

/** A result as it is stored: whole, with the input of each tool call, and with its prompt where that is asked for. */
export function messageOf(result: AgentResultLike, prompts = false): StoredMessage {
  const { agentName, createdAt, raw, prompt, history } = result;
  const inputs = inputsOf(result.output);
  return {
    by: "agent",
    agentName,
    output: withInputs(result.output, inputs),
    toolCalls: withInputs(result.toolCalls, inputs),
    createdAt,
    ...(raw === undefined ? {} : { raw }),
    ...(prompts && prompt !== undefined ? { prompt } : {}),
    ...(prompts && history !== undefined ? { history } : {}),
  };
}

/** The result that an entry holds, as an instance of AgentKit's class with the entry's id. A user's message is one of agent `user`. */
export function resultOf<R extends AgentResultLike>(
  AgentResult: AgentResultClass<R>,
): (entry: HistoryEntry<StoredMessage>) => R {
  return ({ id, value, createdAt }) => {
    if (value.by === "user") return new AgentResult("user", ...said(value.content, createdAt), id);
    const { agentName, output, toolCalls, prompt, history, raw } = value;
    return new AgentResult(
      agentName,
      output as never,
      toolCalls as never,
      value.createdAt,
      prompt as never,
      history as never,
      raw,
      id,
    );
  };
}

function said(
  content: string,
  at: Date,
): [output: never, toolCalls: never, at: Date, prompt: never, history: never, raw: undefined] {
  const message = { type: "text", role: "user", content, stop_reason: "stop" };
  const absent = undefined as never;
  return [[message] as never, [] as never, at, absent, absent, undefined];
}

/** A tool and its input inside a message: `tool` of a result, one of the `tools` of a call. */
interface Tool {
  readonly id?: unknown;
  readonly input?: unknown;
}

interface ToolMessage {
  readonly tool?: Tool;
  readonly tools?: readonly Tool[];
}

/** What the model asked for, by the id of the call. */
function inputsOf(output: unknown): ReadonlyMap<unknown, unknown> {
  const calls = messagesOf(output).flatMap(({ tools }) => (Array.isArray(tools) ? tools : []));
  return new Map(calls.map(({ id, input }: Tool) => [id, input]));
}

/** AgentKit leaves the input out of what a tool gave, and a model may ask with none: a provider refuses to be told of a call without. The objects given stay as they are. */
function withInputs(messages: unknown, inputs: ReadonlyMap<unknown, unknown>): unknown {
  return Array.isArray(messages)
    ? messagesOf(messages).map((message) => filledMessage(message, inputs))
    : messages;
}

function filledMessage(message: ToolMessage, inputs: ReadonlyMap<unknown, unknown>): ToolMessage {
  const { tool, tools } = message;
  const filled = (one: Tool): Tool => {
    const isPresent = one.input !== undefined && one.input !== null;
    return isPresent ? one : { ...one, input: inputs.get(one.id) ?? {} };
  };
  if (typeof tool === "object") return { ...message, tool: filled(tool) };
  return Array.isArray(tools) ? { ...message, tools: tools.map(filled) } : message;
}

function messagesOf(messages: unknown): readonly ToolMessage[] {
  return Array.isArray(messages) ? (messages as readonly ToolMessage[]) : [];
}
