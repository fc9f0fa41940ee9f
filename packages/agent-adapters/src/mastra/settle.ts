import type { Answer } from "@perdure/checkpoint-core";
import {
  type AgentOutcome,
  countResult,
  type LoopOutput,
  type Price,
  type RunItem,
  type RunStats,
  statsOf,
} from "@perdure/inngest-bridge/agent";
import { contentOf } from "../ai-sdk/answer.ts";
import { carefully } from "../run/price.ts";
import type { MastraRun } from "./run.ts";

/** What a run of a Mastra agent gives: `response` is the text, or the object where the agent has a `structuredOutput`. */
export interface MastraOutput extends Omit<LoopOutput, "response"> {
  readonly response: unknown;
  /** Why a processor has stopped the run; there only where one has. */
  readonly tripwire?: string;
}

/** What Mastra's loop gave. */
export interface LoopResult {
  readonly steps: readonly { readonly text: string }[];
  readonly text: string;
  readonly finishReason?: string;
  readonly object?: unknown;
  readonly tripwire?: { readonly reason?: string };
}

/** Stores the outcome, counted over all executions of the run: the loop has gone through all of it. */
export async function complete(
  { name, price }: { readonly name: string; readonly price: Price | undefined },
  { ledger, turn, answers }: MastraRun,
  { steps, text, finishReason, object, tripwire }: LoopResult,
): Promise<AgentOutcome> {
  const isLimited = finishReason === "tool-calls";
  const { text: last = text } = steps.at(-1) ?? {};
  const response = object === undefined || isLimited ? last : object;
  const status = isLimited ? "maxIterations" : "completed";
  const stopped = tripwire ? { tripwire: tripwire.reason ?? "" } : {};
  const shown = { response, iterations: turn, status, ...stopped };
  const output = await ledger.step({ id: "settle" }, async (held) => {
    const whole = { ...shown, stats: await statsIn(name, price, answers) };
    await held.commit({ settle: { status: "completed", output: whole } });
    return { stats: whole.stats };
  });
  return { status: "completed", output: { ...shown, ...output }, settled: true };
}

async function statsIn(
  name: string,
  price: Price | undefined,
  answers: readonly Answer[],
): Promise<RunStats> {
  const usage = answers.map(({ extra = {} }) => {
    const { usage: used, model } = extra as { readonly usage?: object; readonly model?: string };
    return { ...used, model };
  });
  const newItems = answers.flatMap(({ message }) => itemsOf(message, name));
  const model = usage.at(-1)?.model ?? "";
  const counted = await countResult({ newItems, usage }, { model, price: carefully(price) });
  return statsOf({ ...counted, model }, name);
}

/** A text, the steps of reasoning, and every call with its output. */
function itemsOf(message: Answer["message"], agent: string): readonly RunItem[] {
  const items = contentOf(message).flatMap(({ type }): readonly RunItem[] => {
    if (type === "reasoning") return [{ type, agent }];
    if (type !== "tool-call") return [];
    return [
      { type: "tool_call", agent },
      { type: "tool_result", agent },
    ];
  });
  return message.content === "" ? items : [{ type: "message", agent }, ...items];
}
