import { checkGiven } from "@perdure/checkpoint-core";
import { convertToModelMessages, type ModelMessage, type ToolSet, type UIMessage } from "ai";
import { addEntry } from "./plain.ts";

/** Entries of a thread as the SDK's messages: those of runs, of this and of other agents, and those that were stored as messages of the SDK. */
export async function modelMessagesOf(
  values: readonly unknown[],
  tools: ToolSet = {},
): Promise<ModelMessage[]> {
  checkGiven("modelMessagesOf", { values }, { values: "list" });
  const messages: ModelMessage[] = [];
  for (const value of values)
    if (isUIMessage(value)) messages.push(...(await convertToModelMessages([value], { tools })));
    else await addEntry(messages, value, tools);
  return messages;
}

/** Whether a value is a message as the SDK's chats hold it. */
export function isUIMessage(value: unknown): value is UIMessage {
  if (typeof value !== "object" || value === null) return false;
  const { parts, role } = value as Readonly<Record<string, unknown>>;
  return Array.isArray(parts) && typeof role === "string";
}
