import type { Message, ToolMessage } from "@perdure/checkpoint-core";
import type {
  AssistantModelMessage,
  ModelMessage,
  Tool,
  ToolCallPart,
  ToolResultPart,
  ToolSet,
} from "ai";
import { AI_SDK, contentOf } from "./answer.ts";
import type { Content } from "./provider.ts";

type AssistantPart = Exclude<AssistantModelMessage["content"], string>[number];

/** Adds an entry of a thread to the SDK's messages: one of a run, of this or of another agent, or one that was stored as a message of the SDK. Results of one turn are one message. */
export async function addEntry(
  messages: ModelMessage[],
  value: unknown,
  tools: ToolSet = {},
): Promise<void> {
  if (!isPlainTool(value)) {
    messages.push(modelMessage(value as Message));
    return;
  }
  const result = await resultPart(value, tools, messages);
  const last = messages.at(-1);
  if (last?.role === "tool") last.content.push(result);
  else messages.push({ role: "tool", content: [result] });
}

function isPlainTool(value: unknown): value is ToolMessage {
  return isRecord(value) && value["role"] === "tool" && !Array.isArray(value["content"]);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function modelMessage(message: Message): ModelMessage {
  if (message.role !== "assistant") return message as ModelMessage;
  if (Array.isArray(message.content)) return message;
  const { content, toolCalls, native } = message;
  if (toolCalls === undefined && native === undefined) return { role: "assistant", content };
  return { role: "assistant", content: contentOf(message).flatMap(assistantPart) };
}

/** A piece of an answer as it is told to the model again. Sources are for people. */
function assistantPart(part: Content): readonly AssistantPart[] {
  const options = optionsOf(part);
  switch (part.type) {
    case "text":
    case "reasoning":
      return [{ type: part.type, text: part.text, ...options }];
    case "tool-call":
      return [{ ...callPart(part), ...options }];
    case "file":
    case "reasoning-file":
      return [fileOf(part, options)];
    case "custom":
      return [{ type: "custom", kind: part.kind, ...options }];
    case "tool-result": {
      const { toolCallId, toolName, result } = part;
      const output = { type: "json", value: result } as const;
      return [{ type: part.type, toolCallId, toolName, output, ...options }];
    }
    case "source":
    case "tool-approval-request":
    default:
      return [];
  }
}

function optionsOf(part: Content): Pick<ToolResultPart, "providerOptions"> {
  const said = "providerMetadata" in part ? part.providerMetadata : undefined;
  return said === undefined ? {} : { providerOptions: said };
}

function callPart({
  toolCallId,
  toolName,
  input,
  providerExecuted,
}: Extract<Content, { readonly type: "tool-call" }>): ToolCallPart {
  const call: ToolCallPart = { type: "tool-call", toolCallId, toolName, input: inputOf(input) };
  return providerExecuted === true ? { ...call, providerExecuted } : call;
}

function fileOf(
  { type, data, mediaType }: Extract<Content, { readonly type: "file" | "reasoning-file" }>,
  options: object,
): AssistantPart {
  return {
    type,
    data: "data" in data ? data.data : data.url,
    mediaType,
    ...options,
  };
}

function inputOf(text: string): unknown {
  try {
    return JSON.parse(text === "" ? "{}" : text) as unknown;
  } catch {
    return {};
  }
}

type Output = ToolResultPart["output"];

async function resultPart(
  { toolCallId, toolName, content, isError = false, native }: ToolMessage,
  tools: ToolSet,
  before: readonly ModelMessage[],
): Promise<ToolResultPart> {
  const part = { type: "tool-result", toolCallId, toolName } as const;
  if (native?.of === AI_SDK) return { ...part, output: native.value as Output };
  if (isError) return { ...part, output: { type: "error-text", value: textOf(content) } };
  const tool = Object.hasOwn(tools, toolName) ? (tools[toolName] as Tool) : undefined;
  if (tool?.toModelOutput) {
    const input = inputBefore(before, toolCallId);
    return { ...part, output: await tool.toModelOutput({ toolCallId, input, output: content }) };
  }
  if (typeof content === "string") return { ...part, output: { type: "text", value: content } };
  const value = JSON.parse(JSON.stringify(content ?? null)) as never;
  return { ...part, output: { type: "json", value } };
}

function inputBefore(messages: readonly ModelMessage[], callId: string): unknown {
  const parts = messages.flatMap(({ role, content }) =>
    role === "assistant" && typeof content !== "string" ? content : [],
  );
  const call = parts.findLast((part) => part.type === "tool-call" && part.toolCallId === callId);
  return call?.type === "tool-call" ? call.input : undefined;
}

function textOf(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content);
}
