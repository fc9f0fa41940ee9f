import type { Answer, ToolResult } from "@perdure/checkpoint-core";
import type { AgentContext } from "../agent.ts";
import { NOTHING, plus, type Tally } from "../stats/tally.ts";
import { type Clock, workedMs } from "./clock.ts";
import type { Budget, BudgetExceeded } from "./contract.ts";
import { passed, type Spent, usedUp } from "./limit.ts";

/** What a tool call keeps beside its result, where it counts for a budget. */
export interface ResultExtra {
  /** The model calls that it made itself. */
  readonly tally?: Tally;
  /** How long it took, where its time is limited. */
  readonly ms?: number;
  /** When it was stored, where the run's time is limited. */
  readonly at?: number;
}

/** A turn as it is stored, and what was counted up to it. Turn 0 has neither answer nor results. */
export interface SpentTurn {
  readonly tally: Tally;
  readonly turn: number;
  readonly answer: Answer | undefined;
  readonly results: readonly ToolResult[];
}

/** What was counted beside results: the model calls that the tools made themselves. */
export function tallyBeside(results: readonly ToolResult[]): Tally {
  return results.reduce((tally, { extra }) => {
    const { tally: own } = (extra ?? {}) as ResultExtra;
    return own ? plus(tally, own) : tally;
  }, NOTHING);
}

/** What the run has used up. */
export function spentAt(
  { since }: Pick<AgentContext, "since">,
  at: SpentTurn,
  now: number = Date.now(),
): Spent {
  const { costUsd, totalTokens, unreported = 0, llmCalls = at.turn } = at.tally;
  return {
    usd: costUsd,
    tokens: unreported > 0 ? null : totalTokens,
    llmCalls,
    durationMs: workedMs({
      clock: clockIn(at.answer),
      marks: at.results.flatMap(({ extra }) => ((extra ?? {}) as ResultExtra).at ?? []),
      since: since ?? now,
      now,
    }),
  };
}

function clockIn(answer: Answer | undefined): Clock | undefined {
  return ((answer?.extra ?? {}) as { readonly clock?: Clock }).clock;
}

/** The limit that ends the run here, ahead of its next model call: one of its own, or one that a call of the turn has passed. */
export function exceededAt(
  context: Pick<AgentContext, "since" | "options">,
  at: SpentTurn,
): BudgetExceeded | undefined {
  const { budget, toolBudget } = context.options;
  if (!budget && !toolBudget) return undefined;
  const own = budget && usedUp(budget, spentAt(context, at));
  return own ?? toolExceeded(toolBudget, at.results);
}

function toolExceeded(
  toolBudget: Budget | undefined,
  results: readonly ToolResult[],
): BudgetExceeded | undefined {
  if (!toolBudget) return undefined;
  for (const { toolName, extra } of results) {
    const exceeded = passed(toolBudget, spentBy(extra ?? {}));
    if (exceeded) return { ...exceeded, tool: toolName };
  }
  return undefined;
}

/** What a call has used up by itself. */
export function spentBy({ tally, ms = 0 }: ResultExtra): Spent {
  const { costUsd = 0, totalTokens = 0, unreported = 0, llmCalls = 0 } = tally ?? {};
  return {
    usd: costUsd,
    tokens: unreported > 0 ? null : totalTokens,
    llmCalls,
    durationMs: ms,
  };
}

/** An answer with the run's time up to it, where that is limited. */
export function clocked(context: AgentContext, before: SpentTurn, answer: Answer): Answer {
  if (context.options.budget?.maxDurationMs === undefined) return answer;
  const at = Date.now();
  const clock: Clock = { ms: spentAt(context, before, at).durationMs, at };
  return { ...answer, extra: { ...answer.extra, clock } };
}
