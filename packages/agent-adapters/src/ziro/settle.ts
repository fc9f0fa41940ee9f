import type { Run } from "@perdure/checkpoint-core";
import {
  type AgentOutcome,
  countResult,
  type Price,
  type RunStats,
  statsOf,
} from "@perdure/inngest-bridge/agent";
import { carried } from "../run/carried.ts";
import type { ZiroRunResult } from "./contract.ts";
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

/**
 * Stores the outcome, counted over all executions of the run and all agents in it: the loop has gone through all of it. What the loop gives of its own differs from pass to pass, by how long things
 * took, so each pass is given what is stored, from the step where it is small.
 */
export async function complete(
  run: ZiroRun,
  price: Price | undefined,
  result: ZiroRunResult,
): Promise<AgentOutcome> {
  const { text: response, finishReason } = result;
  const status = STATUS.get(finishReason) ?? "completed";
  const shown = { ...result, response, iterations: run.turn, status };
  const { kept, stats } = await run.ledger.step({ id: "settle" }, async (held) => {
    const output: ZiroOutput = { ...shown, stats: await statsIn(run, price) };
    const settled = await held.commit({ settle: { status: "completed", output } });
    const stored = settled.status === "committed" ? settled.run : undefined;
    return { kept: carried(outputOf(stored) ?? output), stats: output.stats };
  });
  if ("whole" in kept) return { status: "completed", output: kept.whole, settled: true };
  const { store, runId } = run.context;
  const output = outputOf(await store.runs.get(runId)) ?? { ...shown, stats };
  return { status: "completed", output, settled: true };
}

/** What a run has ended with, which nothing changes any more; nothing of one that is gone. */
function outputOf(run: Run | undefined): unknown {
  return run?.outcome?.status === "completed" ? run.outcome.output : undefined;
}

async function statsIn({ agents, spending }: ZiroRun, price: Price | undefined): Promise<RunStats> {
  const { usage, items: newItems } = spending.spent;
  const { modelId } = agents.top.model;
  const model = modelId === "" ? spending.model : modelId;
  const counted = await countResult({ newItems, usage }, { model: model ?? "", price });
  return statsOf(model === undefined ? counted : { ...counted, model }, agents.top.agent.name);
}
