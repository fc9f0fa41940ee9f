import {
  type AgentOutcome,
  countResult,
  type RunItem,
  type RunStats,
  statsOf,
} from "@perdure/inngest-bridge/agent";
import type { ZiroAgent, ZiroAgentOptions, ZiroRunResult } from "./contract.ts";
import type { ZiroRun } from "./run.ts";

/** What a run of a Ziro agent gives: what `agent.run` gave, and what every run here gives. */
export interface ZiroOutput extends ZiroRunResult {
  readonly response: string;
  readonly iterations: number;
  readonly status: "completed" | "maxIterations" | "budgetExceeded";
  readonly stats: RunStats;
}

const STATUS: ReadonlyMap<string, ZiroOutput["status"]> = new Map([
  ["maxSteps", "maxIterations"],
  ["budgetExceeded", "budgetExceeded"],
]);

/** Stores the outcome, counted over all executions of the run: the loop has gone through all of it. */
export async function complete(
  { agent: { name }, options }: { readonly agent: ZiroAgent; readonly options: ZiroAgentOptions },
  { ledger, turn }: ZiroRun,
  result: ZiroRunResult,
): Promise<AgentOutcome> {
  const { text: response, finishReason } = result;
  const status = STATUS.get(finishReason) ?? "completed";
  const stats = await ledger.step({ id: "settle" }, async (held) => {
    const counted = await statsIn(name, options, result);
    const output: ZiroOutput = { ...result, response, iterations: turn, status, stats: counted };
    await held.commit({ settle: { status: "completed", output } });
    return counted;
  });
  const output = { response, iterations: turn, status, finishReason, stats };
  return { status: "completed", output, settled: true };
}

async function statsIn(
  agent: string,
  { model: { modelId }, price }: ZiroAgentOptions,
  { steps }: ZiroRunResult,
): Promise<RunStats> {
  const usage = steps.map((step) => ({ ...step.usage, model: modelId }));
  const newItems = steps.flatMap(({ text, toolCalls }): readonly RunItem[] => [
    ...(text === "" ? [] : [{ type: "message", agent }]),
    ...toolCalls.flatMap(() => [
      { type: "tool_call", agent },
      { type: "tool_result", agent },
    ]),
  ]);
  const counted = await countResult({ newItems, usage }, { model: modelId, price });
  return statsOf({ ...counted, model: modelId }, agent);
}
