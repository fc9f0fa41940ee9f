import type { ToolCall } from "@perdure/checkpoint-core";
import { NonRetriableError } from "inngest";
import type { ModelResponse } from "../loop/contract.ts";

/**
 * An answer of OpenAI's chat-completions protocol. One that says nothing, or is of another shape, is an error that is retried; one that was cut short or withheld
 * is one that is not: the same question would end the same way.
 */
export function readCompletion(body: unknown): ModelResponse {
  const { model, usage, choices } = recordOf(body);
  const choice = recordOf(Array.isArray(choices) ? choices[0] : undefined);
  checkEnd(choice["finish_reason"]);
  if (!isRecord(choice["message"])) throw new Error("The model's answer holds no message.");
  const message = choice["message"];
  const toolCalls = callsIn(message);
  return {
    text: textIn(message, toolCalls.length > 0),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    ...(isRecord(usage) ? { usage } : {}),
    ...(typeof model === "string" ? { model } : {}),
  };
}

function checkEnd(reason: unknown): void {
  if (reason === "length")
    throw new NonRetriableError("The model's answer was cut at its limit of tokens.");
  if (reason === "content_filter")
    throw new NonRetriableError("The model's answer was withheld by a content filter.");
}

type Wire = Readonly<Record<string, unknown>>;

/** What it said; nothing only beside calls. */
function textIn({ content, refusal }: Wire, hasCalls: boolean): string {
  const said = content ?? refusal ?? undefined;
  if (typeof said === "string") return said;
  if (Array.isArray(said)) return said.map(partText).join("");
  if (said === undefined && hasCalls) return "";
  throw new Error("The model's answer holds neither text nor calls.");
}

function partText(part: unknown): string {
  const { text, refusal } = recordOf(part);
  const said = text ?? refusal;
  if (typeof said === "string") return said;
  throw new Error("The model's answer holds a part that is not text.");
}

/** The calls, or the one of the protocol's older form. */
function callsIn({ tool_calls: calls, function_call: older }: Wire): readonly ToolCall[] {
  const wanted = calls ?? (isRecord(older) ? [{ function: older }] : []);
  if (!Array.isArray(wanted)) throw new Error("The model's calls are not a list.");
  return wanted.map(readCall);
}

function readCall(call: unknown): ToolCall {
  const { id, function: called } = recordOf(call);
  const { name, arguments: given } = recordOf(called);
  if (typeof name !== "string" || name === "")
    throw new Error("The model's answer holds a call without a name.");
  return { id: typeof id === "string" ? id : "", name, input: readArguments(given) };
}

/** Some servers send the object itself. Arguments that are not JSON stay as text: the tool's check tells the model so. */
function readArguments(given: unknown): unknown {
  if (given === undefined || given === null || given === "") return {};
  if (typeof given !== "string") return given;
  try {
    return JSON.parse(given);
  } catch {
    return given;
  }
}

function recordOf(value: unknown): Wire {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Wire {
  return typeof value === "object" && value !== null;
}
