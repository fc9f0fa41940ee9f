import type { Budgets } from "../budget/contract.ts";
import type { AgentLoopOptions } from "./contract.ts";

/** Limits of a tool's own budget that mean nothing to a loop. */
const NOT_OF_A_CALL = {
  maxSteps: "a tool call has no steps of the loop",
  warnAt: "warnings are of the run's budget",
} as const;

/** What of budgets the loop cannot hold. */
export function budgetsProblem(
  { name, price }: Pick<AgentLoopOptions, "name" | "price">,
  { budget, toolBudget }: Budgets,
): string | undefined {
  for (const [field, why] of Object.entries(NOT_OF_A_CALL))
    if (toolBudget?.[field as keyof typeof NOT_OF_A_CALL] !== undefined)
      return `toolBudget.${field} is not held: ${why}.`;
  const priced = { "budget.maxUsd": budget?.maxUsd, "toolBudget.maxUsd": toolBudget?.maxUsd };
  const unpriced = Object.entries(priced).find(([, limit]) => limit !== undefined);
  return unpriced && !price
    ? `${unpriced[0]} needs to know what model calls cost: give the agent "${name}" a \`price\`.`
    : undefined;
}
