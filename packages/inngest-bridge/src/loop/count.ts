import type { Answer } from "@perdure/checkpoint-core";
import { costOf } from "../stats/cost.ts";
import { NOTHING, type Tally } from "../stats/tally.ts";
import { readUsage } from "../stats/usage.ts";
import type { AgentLoopOptions, ModelResponse, SpentCall } from "./contract.ts";
import type { AnswerExtra } from "./position.ts";

/** What of an answer is counted. */
export type CountedAnswer = Pick<ModelResponse, "text" | "usage" | "model" | "reasoningSteps">;

/** What one answer adds. Every call gets an output, if only a text that says why it was not run. */
export async function countAnswer(
  {
    name,
    price,
  }: { readonly name: string; readonly price?: AgentLoopOptions["price"] | undefined },
  { text, usage: reported, model, reasoningSteps = 0 }: CountedAnswer,
  toolCalls: number,
): Promise<Tally> {
  const usage = readUsage(reported);
  const messages = text === "" ? 0 : 1;
  const { inputTokens, outputTokens, totalTokens } = usage ?? NOTHING;
  return {
    toolCalls,
    messages,
    reasoningSteps,
    items: messages + reasoningSteps + 2 * toolCalls,
    agents: [name],
    inputTokens,
    outputTokens,
    totalTokens,
    costUsd: await known(async () => costOf(price, [{ model, usage }])),
    llmCalls: 1,
    ...(usage ? {} : { unreported: 1 }),
    finalAgent: name,
    ...(model === undefined ? {} : { model }),
  };
}

/** A price that fails must not cost another model call. */
async function known(cost: () => Promise<number | null>): Promise<number | null> {
  try {
    return await cost();
  } catch {
    return null;
  }
}

/** What was counted up to an answer. One of a version that did not count yet begins anew, and its cost is not known. */
export function tallyAt(answer: Answer | undefined): Tally {
  if (!answer) return NOTHING;
  const { tally } = (answer.extra ?? {}) as AnswerExtra;
  return tally ?? { ...NOTHING, costUsd: null, unreported: 1 };
}

/** What a model call adds that a tool has made itself: its tokens and its cost, and nothing that the run's own model said. */
export async function countCall(
  price: AgentLoopOptions["price"],
  { model, usage: reported, usd }: SpentCall,
): Promise<Tally> {
  const usage = readUsage(reported);
  const { inputTokens, outputTokens, totalTokens } = usage ?? NOTHING;
  return {
    ...NOTHING,
    inputTokens,
    outputTokens,
    totalTokens,
    costUsd: usd ?? (await known(async () => costOf(price, [{ model, usage }]))),
    llmCalls: 1,
    ...(usage ? {} : { unreported: 1 }),
  };
}
