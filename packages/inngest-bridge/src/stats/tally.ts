import type { RunStats, TokenUsage } from "./contract.ts";

/** What has been counted of a run so far: plain data, so that it can stand beside an answer and be gone on with. */
export interface Tally extends Pick<TokenUsage, "inputTokens" | "outputTokens" | "totalTokens"> {
  readonly toolCalls: number;
  readonly messages: number;
  readonly reasoningSteps: number;
  readonly items: number;
  readonly agents: readonly string[];
  /** `null` from the first model call on whose cost is not known. */
  readonly costUsd: number | null;
  /** Model calls; none where it was counted by a version that did not say. */
  readonly llmCalls?: number;
  /** Those of them that reported no tokens. */
  readonly unreported?: number;
  readonly finalAgent?: string;
  readonly model?: string;
}

/** Nothing counted. */
export const NOTHING: Tally = {
  toolCalls: 0,
  messages: 0,
  reasoningSteps: 0,
  items: 0,
  agents: [],
  inputTokens: 0,
  outputTokens: 0,
  totalTokens: 0,
  costUsd: 0,
};

/** Both together; names that both have are those of the later one. */
export function plus(one: Tally, later: Tally): Tally {
  const finalAgent = later.finalAgent ?? one.finalAgent;
  const model = later.model ?? one.model;
  const llmCalls = both(one.llmCalls, later.llmCalls);
  const unreported = both(one.unreported, later.unreported);
  return {
    toolCalls: one.toolCalls + later.toolCalls,
    messages: one.messages + later.messages,
    reasoningSteps: one.reasoningSteps + later.reasoningSteps,
    items: one.items + later.items,
    agents: [...new Set([...one.agents, ...later.agents])],
    inputTokens: one.inputTokens + later.inputTokens,
    outputTokens: one.outputTokens + later.outputTokens,
    totalTokens: one.totalTokens + later.totalTokens,
    costUsd: one.costUsd === null || later.costUsd === null ? null : one.costUsd + later.costUsd,
    ...(llmCalls === undefined ? {} : { llmCalls }),
    ...(unreported === undefined ? {} : { unreported }),
    ...(finalAgent === undefined ? {} : { finalAgent }),
    ...(model === undefined ? {} : { model }),
  };
}

function both(one: number | undefined, later: number | undefined): number | undefined {
  return one === undefined && later === undefined ? undefined : (one ?? 0) + (later ?? 0);
}

/** The thirteen stats of what was counted. The starting agent took part, whatever it did. */
export function statsOf(tally: Tally, startingAgent: string): RunStats {
  const { finalAgent = startingAgent, agents, model } = tally;
  const agentsInvolved = [...new Set([startingAgent, ...agents, finalAgent])].toSorted();
  return {
    totalToolCalls: tally.toolCalls,
    totalMessages: tally.messages,
    totalReasoningSteps: tally.reasoningSteps,
    totalItems: tally.items,
    agentsInvolved,
    agentCount: agentsInvolved.length,
    startingAgent,
    finalAgent,
    inputTokens: tally.inputTokens,
    outputTokens: tally.outputTokens,
    totalTokens: tally.totalTokens,
    totalCostUsd: tally.costUsd,
    model: model ?? null,
  };
}

/** What stands in stats, to be gone on with. */
export function tallyIn(stats: RunStats): Tally {
  const { inputTokens, outputTokens, totalTokens, finalAgent, model } = stats;
  return {
    toolCalls: stats.totalToolCalls,
    messages: stats.totalMessages,
    reasoningSteps: stats.totalReasoningSteps,
    items: stats.totalItems,
    agents: stats.agentsInvolved,
    inputTokens,
    outputTokens,
    totalTokens,
    costUsd: stats.totalCostUsd,
    finalAgent,
    ...(model === null ? {} : { model }),
  };
}
