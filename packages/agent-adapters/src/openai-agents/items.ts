import type { AgentInputItem, AgentOutputItem } from "@openai/agents";
import {
  checkGiven,
  type AssistantMessage,
  type Message,
  type ToolMessage,
} from "@perdure/checkpoint-core";
import { OPENAI_AGENTS } from "./answer.ts";

/** Entries of a thread as the SDK's items: those of runs, of this and of other agents, and items that a session has stored. */
export function itemsOf(values: readonly unknown[]): AgentInputItem[] {
  checkGiven("itemsOf", { values }, { values: "list" });
  return values.flatMap((value) => {
    const message = value as Message;
    switch (message.role) {
      case "assistant":
        return isPlain(message) ? assistantItems(message) : [value as AgentInputItem];
      case "tool":
        return [resultItem(message)];
      case "system":
      case "user":
      default:
        return [value as AgentInputItem];
    }
  });
}

function isPlain({ content }: AssistantMessage): boolean {
  return typeof content === "string";
}

function assistantItems({ content, toolCalls = [], native }: AssistantMessage): AgentInputItem[] {
  if (native?.of === OPENAI_AGENTS)
    return nativeItems(native.value as readonly AgentOutputItem[], toolCalls);
  const text: AgentInputItem[] =
    content === ""
      ? []
      : [
          {
            type: "message",
            role: "assistant",
            status: "completed",
            content: [{ type: "output_text", text: content }],
          },
        ];
  const calls = toolCalls.map(
    ({ id, name, input }): AgentInputItem => ({
      type: "function_call",
      callId: id,
      name,
      arguments: typeof input === "string" ? input : JSON.stringify(input ?? {}),
      status: "completed",
    }),
  );
  return [...text, ...calls];
}

/** The model's own items. A handoff has no result in the history, and a provider wants one. */
function nativeItems(
  items: readonly AgentOutputItem[],
  calls: NonNullable<AssistantMessage["toolCalls"]>,
): AgentInputItem[] {
  const handoffs = items.flatMap((item): AgentInputItem[] => {
    if (item.type !== "function_call" || calls.some(({ id }) => id === item.callId)) return [];
    return [
      resultItem({
        role: "tool",
        toolCallId: item.callId,
        toolName: item.name,
        content: HANDED_OVER,
      }),
    ];
  });
  return [...items, ...handoffs];
}

const HANDED_OVER = "The agent has handed over.";

function resultItem({ toolCallId, toolName, content }: ToolMessage): AgentInputItem {
  return {
    type: "function_call_result",
    callId: toolCallId,
    name: toolName,
    status: "completed",
    output: isOutput(content) ? (content as never) : { type: "text", text: textOf(content) },
  };
}

const OUTPUTS: ReadonlySet<unknown> = new Set(["text", "image", "file"]);

/** What a tool gives as the SDK's own kind of output: text, image or file. */
function isOutput(content: unknown): boolean {
  return (
    typeof content === "object" &&
    content !== null &&
    "type" in content &&
    OUTPUTS.has(content.type) &&
    (content.type === "text" ? "text" in content : true)
  );
}

function textOf(content: unknown): string {
  return typeof content === "string" ? content : (JSON.stringify(content) ?? "");
}
