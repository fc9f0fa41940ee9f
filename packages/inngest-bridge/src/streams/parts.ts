import { type Answer, encodeText, type ToolResult } from "@perdure/checkpoint-core";
import { eventNow, type FinishedStep, type RunEvent, type RunEventData } from "./vocabulary.ts";

/** Where a piece of a run is said. */
export interface PartPlace {
  readonly runId: string;
  readonly turn: number;
}

/** A part as its events name it. */
export type PartName = RunEventData["part.created"];

/** The text of a turn's answer. */
export function textPart({ runId, turn }: PartPlace): PartName {
  return { ...messageOf(runId, turn), partId: `${turn}:text`, type: "text" };
}

/** A call that an answer asks for: its arguments. */
export function callPart(
  { runId, turn }: PartPlace,
  call: { readonly id: string; readonly name: string },
): PartName {
  return {
    ...messageOf(runId, turn),
    partId: `${turn}:call:${call.id}`,
    type: "tool-call",
    metadata: { toolName: call.name, callId: call.id },
  };
}

/** What a call gave. */
export function outputPart(
  { runId, turn }: PartPlace,
  call: { readonly id: string; readonly name: string },
): PartName {
  return {
    ...messageOf(runId, turn),
    partId: `${turn}:output:${call.id}`,
    type: "tool-output",
    metadata: { toolName: call.name, callId: call.id },
  };
}

/** The id of the message that a turn's parts make. */
export function messageIdOf(runId: string, turn: number): string {
  return `${runId}:${turn}`;
}

function messageOf(runId: string, turn: number): Pick<PartName, "runId" | "messageId"> {
  return { runId, messageId: messageIdOf(runId, turn) };
}

/** The events of an answer that is stored: each of its parts, whole, and the step. */
export function answerEvents(
  place: PartPlace & { readonly threadId: string },
  stepId: string,
  answer: Answer,
): readonly RunEvent[] {
  const { content, toolCalls = [] } = answer.message;
  const calls = toolCalls.map((call) => completed(callPart(place, call), call.input));
  const text = content === "" ? [] : [completed(textPart(place), content)];
  const result = answerResult(answer);
  return [...text, ...calls, finished(place, stepId, result)];
}

/** The events of a call's result that is stored. */
export function resultEvents(
  place: PartPlace & { readonly threadId: string },
  stepId: string,
  result: ToolResult,
): readonly RunEvent[] {
  const { callId, toolName, content } = result;
  const part = outputPart(place, { id: callId, name: toolName });
  return [completed(part, content), finished(place, stepId, callResult(result))];
}

function answerResult({ message, extra = {} }: Answer): FinishedStep["result"] {
  const { usage, model } = extra as {
    readonly usage?: Readonly<Record<string, unknown>>;
    readonly model?: string;
  };
  return {
    text: message.content,
    toolCalls: message.toolCalls ?? [],
    ...(usage === undefined ? {} : { usage }),
    ...(model === undefined ? {} : { model }),
  };
}

function callResult({
  callId,
  toolName,
  content,
  isError = false,
}: ToolResult): FinishedStep["result"] {
  return { callId, toolName, output: content, isError };
}

function completed(part: PartName, finalContent: unknown): RunEvent {
  return eventNow("part.completed", { ...part, finalContent });
}

function finished(
  { runId, threadId, turn }: PartPlace & { readonly threadId: string },
  stepId: string,
  result: FinishedStep["result"],
): RunEvent {
  return eventNow("step.completed", { stepId, runId, threadId, turn, result });
}

/** What a part's deltas add up to. */
export function textOfPart(finalContent: unknown): string {
  return typeof finalContent === "string" ? finalContent : encodeText(finalContent);
}
