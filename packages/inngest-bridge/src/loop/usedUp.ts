import type { AgentContext, AgentOutcome } from "../agent.ts";
import type { BudgetExceeded } from "../budget/contract.ts";
import { endUsedUpBehind } from "../budget/ending.ts";
import { exceededAt, type SpentTurn } from "../budget/spending.ts";
import { statsOf } from "../stats/tally.ts";
import { excerptOf, shownExcerpt } from "../steps/excerpt.ts";
import type { LoopOutput } from "./contract.ts";
import { cancelBelow } from "../subagents/below.ts";
import { reply } from "./reply.ts";
import { spentTurn } from "./spentTurn.ts";
import type { Loop } from "./made.ts";

/** The limit that is used up where an execution goes on with a run; a step for runs with a budget, because the store is asked. */
export async function usedUpBehind(
  loop: Loop,
  context: AgentContext,
  turn: number,
): Promise<BudgetExceeded | undefined> {
  const { store, lease, options } = context;
  if (turn === 0 || !(options.budget ?? options.toolBudget)) return undefined;
  const found = await context.step({ id: `spent:${turn}`, name: "budget" }, async () => {
    const at = await spentTurn(loop, context, turn, await store.runs.turn(lease, turn));
    const exceeded = exceededAt(context, at);
    return exceeded ? { exceeded } : {};
  });
  return found.exceeded;
}

/**
 * Ends a run that has used up its budget behind a turn, in a step of its own: it fails with `BudgetExceededError`, or completes with what it has. What is stored stays, so that a failed
 * one goes on from there with a larger budget.
 */
export async function endUsedUp(
  loop: Loop,
  context: AgentContext,
  turn: number,
  exceeded: BudgetExceeded,
): Promise<AgentOutcome> {
  const { store, host } = context;
  const output = await endUsedUpBehind(context, {
    turn,
    exceeded,
    outputOf: async (last) => outputOf(loop, exceeded, await spentTurn(loop, context, turn, last)),
    shown: (whole) => ({ ...whole, response: shownExcerpt(excerptOf(whole.response)) }),
    async behind(settled) {
      // Whoever works for a call of the turn, or waits there, works for nobody any more.
      if (settled.status === "committed" && settled.run)
        await cancelBelow(store, settled.run, host.wake);
    },
  });
  await reply(loop, context, turn);
  return { status: "completed", output, settled: true };
}

function outputOf(loop: Loop, exceeded: BudgetExceeded, at: SpentTurn): LoopOutput {
  return {
    response: at.answer?.message.content ?? "",
    iterations: at.turn,
    status: "budgetExceeded",
    budgetExceeded: exceeded,
    stats: statsOf(at.tally, loop.name),
  };
}
