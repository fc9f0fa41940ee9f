import { budgetsProblemOf, holdingProblem } from "../budget/holding.ts";
import type { Budgets } from "../budget/contract.ts";
import { handedDown } from "../budget/left.ts";
import { delegationIn } from "../subagents/contract.ts";
import type { AgentLoopOptions } from "./contract.ts";

/** What of budgets the loop cannot hold. */
export function budgetsProblem(
  { name, price, tools }: Pick<AgentLoopOptions, "name" | "price" | "tools">,
  budgets: Budgets,
): string | undefined {
  return budgetsProblemOf({ name, price }, budgets) ?? problemBelow(tools, budgets);
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
