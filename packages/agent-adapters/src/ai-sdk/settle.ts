import {
  type AgentOutcome,
  countResult,
  type LoopOutput,
  type Price,
  type RunItem,
  type RunStats,
  statsOf,
} from "@perdure/inngest-bridge/agent";
import type { StepResult, ToolSet } from "ai";
import { carefully } from "../run/price.ts";
import type { AiRun } from "./run.ts";

/** What a run of the AI SDK gives: `response` is the text, or the object where the agent has an `output`. */
export interface AiSdkOutput extends Omit<LoopOutput, "response"> {
  readonly response: unknown;
}

/** What the SDK's loop gave. */
export interface LoopResult {
  readonly steps: readonly StepResult<ToolSet, Record<string, unknown>>[];
  readonly text: string;
  readonly finishReason: string;
  readonly output: unknown;
}

/** Stores the outcome, counted over all executions of the run: the loop has gone through all of it. */
export async function complete(
  { name, price, own }: Completing,
  { ledger, turn }: AiRun,
  result: LoopResult,
): Promise<AgentOutcome> {
  const limited = result.finishReason === "tool-calls";
  const response = own.output !== undefined && !limited ? result.output : result.text;
  const shown = { response, iterations: turn, status: limited ? "maxIterations" : "completed" };
  const output = await ledger.step({ id: "settle" }, async (held) => {
    const whole = { ...shown, stats: await statsIn(name, price, result) };
    await held.commit({ settle: { status: "completed", output: whole } });
    return { stats: whole.stats };
  });
  return { status: "completed", output: { ...shown, ...output }, settled: true };
}

interface Completing {
  readonly name: string;
  readonly price: Price | undefined;
  readonly own: { readonly output?: unknown };
}

async function statsIn(
  name: string,
  price: Price | undefined,
  { steps }: LoopResult,
): Promise<RunStats> {
  const usage = steps.map((step) => ({ ...step.usage, model: step.response.modelId }));
  const newItems = steps.flatMap((step) => itemsOf(step, name));
  const model = usage.at(-1)?.model ?? "";
  const counted = await countResult({ newItems, usage }, { model, price: carefully(price) });
  return statsOf({ ...counted, model }, name);
}

/** A text, the steps of reasoning, and every call with its output. */
function itemsOf(
  { text, content }: StepResult<ToolSet, Record<string, unknown>>,
  agent: string,
): readonly RunItem[] {
  const items = content.flatMap(({ type }): readonly RunItem[] => {
    if (type === "reasoning") return [{ type, agent }];
    if (type !== "tool-call") return [];
    return [
      { type: "tool_call", agent },
      { type: "tool_result", agent },
    ];
  });
  return text === "" ? items : [{ type: "message", agent }, ...items];
}
