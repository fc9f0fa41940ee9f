import {
  type AgentOutcome,
  countResult,
  type Price,
  type RunStats,
  statsOf,
} from "@perdure/inngest-bridge/agent";
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

/** Stores the outcome, counted over all executions of the run and all agents in it: the loop has gone through all of it. */
export async function complete(
  run: ZiroRun,
  price: Price | undefined,
  result: ZiroRunResult,
): Promise<AgentOutcome> {
  const { ledger, turn } = run;
  const { text: response, finishReason } = result;
  const status = STATUS.get(finishReason) ?? "completed";
  const stats = await ledger.step({ id: "settle" }, async (held) => {
    const counted = await statsIn(run, price);
    const output: ZiroOutput = { ...result, response, iterations: turn, status, stats: counted };
    await held.commit({ settle: { status: "completed", output } });
    return counted;
  });
  // What the loop gives of its own differs from pass to pass, by how long things took.
  const { store, runId } = run.context;
  const { outcome } = (await store.runs.get(runId)) ?? {};
  const output = { ...result, response, iterations: turn, status, stats };
  const kept = outcome?.status === "completed" ? outcome.output : output;
  return { status: "completed", output: kept, settled: true };
}

async function statsIn({ agents, spending }: ZiroRun, price: Price | undefined): Promise<RunStats> {
  const { usage, items: newItems } = spending.spent;
  const { modelId } = agents.top.model;
  const model = modelId === "" ? spending.model : modelId;
  const counted = await countResult({ newItems, usage }, { model: model ?? "", price });
  return statsOf(model === undefined ? counted : { ...counted, model }, agents.top.agent.name);
}
