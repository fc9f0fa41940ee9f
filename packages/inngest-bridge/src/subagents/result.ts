import type { Run, ToolResult } from "@perdure/checkpoint-core";
import { errorResult, resultOf } from "../loop/result.ts";

/** A call for which an agent works. */
interface Call {
  readonly id: string;
  readonly name: string;
}

/** What a call gives for which a run has worked: its answer, or a text that says why there is none. */
export function childResult(call: Call, agent: string, run: Run | undefined): ToolResult {
  const { outcome } = run ?? {};
  switch (outcome?.status) {
    case "completed":
      return answerOf(call, agent, outcome.output);
    case "failed":
      return errorResult(call, failedText(agent, outcome.error));
    case "cancelled": {
      const why = outcome.reason === undefined ? "" : `: ${outcome.reason}`;
      return errorResult(call, `The agent "${agent}" was cancelled${why}`);
    }
    case "superseded":
      return errorResult(call, `The agent "${agent}" was stopped: another run took its thread.`);
    case undefined:
    default:
      return errorResult(call, goneText(agent));
  }
}

/** What is said of an agent that has failed. */
export function failedText(
  agent: string,
  { name, message }: { readonly name: string; readonly message: string },
): string {
  return `The agent "${agent}" failed. ${name}: ${message}`;
}

/** What is said of an agent whose thread is not there any more. */
export function goneText(agent: string): string {
  return `The agent "${agent}" was stopped: its thread was deleted.`;
}

function answerOf(call: Call, agent: string, output: unknown): ToolResult {
  const { response = output, status } = isRecord(output) ? output : {};
  const answer = isRecord(output) ? response : output;
  if (status === "maxIterations")
    return errorResult(call, `The agent "${agent}" has used up its model calls without an answer.`);
  if (status === "budgetExceeded" && answer === "")
    return errorResult(call, `The agent "${agent}" has used up its budget without an answer.`);
  if (answer === "" || answer === undefined || answer === null)
    return errorResult(call, `The agent "${agent}" ended without an answer.`);
  return { ...resultOf(call), content: answer };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
