import type { Budget, BudgetExceeded, BudgetKind, Budgets } from "./contract.ts";
import { SpendingUnknownError } from "./error.ts";

/** What has been used up so far. `null` where it is not known. */
export interface Spent {
  readonly usd: number | null;
  readonly tokens: number | null;
  readonly llmCalls: number;
  readonly durationMs: number;
}

/** Each limit of a budget with what has been used of it. */
function limitsOf(
  budget: Budget,
  spent: Spent,
): readonly (readonly [BudgetKind, number | undefined, number | null])[] {
  return [
    ["usd", budget.maxUsd, spent.usd],
    ["tokens", budget.maxTokens, spent.tokens],
    ["llmCalls", budget.maxLlmCalls, spent.llmCalls],
    ["duration", budget.maxDurationMs, spent.durationMs],
  ];
}

/** The limit that leaves no room for another model call; `undefined` where there is room. Throws `SpendingUnknownError` where nobody can say. */
export function usedUp(budget: Budget, spent: Spent): BudgetExceeded | undefined {
  return first(budget, spent, (observed, limit) => observed >= limit);
}

/** The limit that has been passed; time is up when it is reached. */
export function passed(budget: Budget, spent: Spent): BudgetExceeded | undefined {
  return first(budget, spent, (observed, limit, kind) =>
    kind === "duration" ? observed >= limit : observed > limit,
  );
}

function first(
  budget: Budget,
  spent: Spent,
  isOver: (observed: number, limit: number, kind: BudgetKind) => boolean,
): BudgetExceeded | undefined {
  const { tenantId } = budget;
  for (const [kind, limit, observed] of limitsOf(budget, spent)) {
    if (limit === undefined) continue;
    if (observed === null) throw new SpendingUnknownError(kind === "usd" ? "usd" : "tokens");
    if (isOver(observed, limit, kind))
      return { kind, limit, observed, ...(tenantId === undefined ? {} : { tenantId }) };
  }
  return undefined;
}

/** Whether a run that has used up a limit completes with what it has; otherwise it fails. The tool's own budget decides on its limits, where it says so. */
export function truncates({ budget, toolBudget }: Budgets, { tool }: BudgetExceeded): boolean {
  const own: Budget = (tool === undefined ? undefined : toolBudget) ?? {};
  const { hard = false, onExceed } = budget ?? {};
  return (own.onExceed ?? onExceed) === "truncate" && !hard && own.hard !== true;
}

const LIMITS = ["maxUsd", "maxTokens", "maxLlmCalls", "maxSteps", "maxDurationMs"] as const;

/** Whether a budget allows in any respect more than the one that it would replace. */
export function isLooser(next: Budget, current: Budget | undefined): boolean {
  if (!current) return false;
  if (current.hard === true && next.hard !== true) return true;
  return LIMITS.some((name) => {
    const limit = current[name];
    return limit !== undefined && (next[name] ?? Number.POSITIVE_INFINITY) > limit;
  });
}
