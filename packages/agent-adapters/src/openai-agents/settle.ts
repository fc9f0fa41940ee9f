import {
  type AgentOutcome,
  countResult,
  type LoopOutput,
  type RunItem,
  statsOf,
} from "@perdure/inngest-bridge/agent";
import { carefully } from "../run/price.ts";
import type { OpenAIParts } from "./options.ts";
import type { OpenAIRun } from "./run.ts";

/** What a run of the OpenAI Agents SDK gives: `response` is its final output, a text or an object. */
export interface OpenAIOutput extends Omit<LoopOutput, "response"> {
  readonly response: unknown;
}

interface Ended {
  readonly newItems: readonly RunItem[];
  readonly lastAgent: { readonly name: string } | undefined;
  readonly finalOutput: unknown;
  readonly limited: boolean;
}

/** Stores the outcome, counted over all executions of the run: the loop has gone through all of it. */
export async function complete(
  { root, price }: OpenAIParts,
  { ledger, turn, usage }: OpenAIRun,
  { newItems, lastAgent, finalOutput, limited }: Ended,
): Promise<AgentOutcome> {
  const status = limited ? "maxIterations" : "completed";
  const shown = { response: finalOutput ?? "", iterations: turn, status };
  const kept = await ledger.step({ id: "settle" }, async (held) => {
    const model = named(usage.at(-1));
    const counted = await countResult(
      { newItems, lastAgent, usage },
      { model: model ?? "", price: carefully(price) },
    );
    const stats = statsOf(model === undefined ? counted : { ...counted, model }, root.name);
    await held.commit({ settle: { status: "completed", output: { ...shown, stats } } });
    return { stats };
  });
  return { status: "completed", output: { ...shown, ...kept }, settled: true };
}

function named(usage: { readonly model?: string } | undefined): string | undefined {
  return usage?.model;
}
