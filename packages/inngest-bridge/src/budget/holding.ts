import { StorageError } from "@perdure/checkpoint-core";
import type { DurableAgent } from "../agent.ts";
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
