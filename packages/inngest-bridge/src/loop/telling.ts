import type { Answer, ToolResult } from "@perdure/checkpoint-core";
import {
  answerEvents,
  callPart,
  type PartPlace,
  resultEvents,
  textPart,
} from "../streams/parts.ts";
import type { StepStream } from "../streams/stepStream.ts";
import type { ModelRequest } from "./contract.ts";
import { stepPart } from "./key.ts";

/** Whose run it is, and on which thread. */
interface Where {
  readonly runId: string;
  readonly threadId: string;
}

/** Where a model says its answer piece by piece; nothing where nobody can be told. */
export function modelStream(stream: StepStream, place: PartPlace): Pick<ModelRequest, "stream"> {
  if (!stream.isOn) return {};
  return {
    stream: {
      text: (delta) => stream.delta(textPart(place), delta),
      toolCall: (call, delta) => stream.delta(callPart(place, call), delta),
    },
  };
}

/** Tells of an answer that is stored: once, whoever tells it. */
export function tellAnswer(
  stream: StepStream,
  { runId, threadId }: Where,
  turn: number,
  answer: Answer,
): void {
  const stepId = `think:${turn}`;
  stream.stored(stepId, answerEvents({ runId, threadId, turn }, stepId, answer));
}

/** Tells of a call's result that is stored: once, whoever tells it. */
export function tellResult(
  stream: StepStream,
  { runId, threadId }: Where,
  turn: number,
  result: ToolResult,
): void {
  const stepId = `tool:${turn}:${stepPart(result.callId)}`;
  stream.stored(stepId, resultEvents({ runId, threadId, turn }, stepId, result));
}
