import { StorageError } from "@perdure/checkpoint-core";
import type { DurableAgent } from "../agent.ts";
import type { Price } from "../stats/contract.ts";
import type { Budget, Budgets } from "./contract.ts";

/** Refuses budgets that the agent does not hold (`INVALID_ARGUMENT`): none is taken and then ignored. */
export function refuseBudgets(
  agent: Pick<DurableAgent, "name" | "checkBudgets">,
  { budget, toolBudget }: Budgets,
): void {
  if (budget === undefined && toolBudget === undefined) return;
  const problem = holdingProblem(agent, budget, toolBudget);
  if (problem !== undefined) throw new StorageError("INVALID_ARGUMENT", problem);
}

/** Why an agent cannot hold a budget; `undefined` where it can. */
export function holdingProblem(
  agent: Pick<DurableAgent, "name" | "checkBudgets">,
  budget: Budget | undefined,
  toolBudget?: Budget,
): string | undefined {
  if (!agent.checkBudgets) return `the agent "${agent.name}" holds no budgets.`;
  return agent.checkBudgets({
    ...(budget === undefined ? {} : { budget }),
    ...(toolBudget === undefined ? {} : { toolBudget }),
  });
}

/** Limits of a tool's own budget that mean nothing to a call. */
const NOT_OF_A_CALL = {
  maxSteps: "a tool call has no steps of the loop",
  warnAt: "warnings are of the run's budget",
} as const;

/** What of budgets an agent cannot hold that counts by its `price`, in a sentence; `undefined` where it holds them. */
export function budgetsProblemOf(
  { name, price }: { readonly name: string; readonly price?: Price | undefined },
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
