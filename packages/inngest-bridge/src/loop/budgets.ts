import { holdingProblem } from "../budget/holding.ts";
import type { Budgets } from "../budget/contract.ts";
import { handedDown } from "../budget/left.ts";
import { delegationIn } from "../subagents/contract.ts";
import type { AgentLoopOptions } from "./contract.ts";

/** Limits of a tool's own budget that mean nothing to a loop. */
const NOT_OF_A_CALL = {
  maxSteps: "a tool call has no steps of the loop",
  warnAt: "warnings are of the run's budget",
} as const;

/** What of budgets the loop cannot hold. */
export function budgetsProblem(
  { name, price, tools }: Pick<AgentLoopOptions, "name" | "price" | "tools">,
  { budget, toolBudget }: Budgets,
): string | undefined {
  for (const [field, why] of Object.entries(NOT_OF_A_CALL))
    if (toolBudget?.[field as keyof typeof NOT_OF_A_CALL] !== undefined)
      return `toolBudget.${field} is not held: ${why}.`;
  const priced = { "budget.maxUsd": budget?.maxUsd, "toolBudget.maxUsd": toolBudget?.maxUsd };
  const unpriced = Object.entries(priced).find(([, limit]) => limit !== undefined);
  return unpriced && !price
    ? `${unpriced[0]} needs to know what model calls cost: give the agent "${name}" a \`price\`.`
    : problemBelow(tools, { ...(budget && { budget }), ...(toolBudget && { toolBudget }) });
}

/** Agents that work for calls hold what is left of it. */
function problemBelow(tools: AgentLoopOptions["tools"] = {}, budgets: Budgets): string | undefined {
  const down = handedDown(budgets);
  if (!down) return undefined;
  for (const tool of Object.values(tools)) {
    const agent = delegationIn(tool)?.agent;
    const problem = agent && holdingProblem(agent, down);
    if (problem !== undefined) return `it goes down to an agent below, and ${problem}`;
  }
  return undefined;
}
