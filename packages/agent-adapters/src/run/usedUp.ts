import type { AgentContext, AgentOutcome, BudgetExceeded } from "@perdure/inngest-bridge/agent";
import { endUsedUpBehind, statsOf } from "@perdure/inngest-bridge/agent";
import type { Meter } from "./meter.ts";

/** The run has used up a limit of its budgets: the pass ends here, whatever its framework makes of that. */
export class UsedUp extends Error {
  override readonly name = "UsedUp";
  readonly turn: number;
  readonly exceeded: BudgetExceeded;

  constructor(turn: number, exceeded: BudgetExceeded) {
    super("The budget of the run is used up.");
    this.turn = turn;
    this.exceeded = exceeded;
  }
}

/** What a pass gives; where it ended because a budget is used up, the run fails or completes with what it has, as the budget says. */
export async function withinBudgets(
  { context, meter }: { readonly context: AgentContext; readonly meter: Meter | undefined },
  name: string,
  pass: () => Promise<AgentOutcome>,
): Promise<AgentOutcome> {
  try {
    return await pass();
  } catch (error) {
    if (!(error instanceof UsedUp) || !meter) throw error;
    const { turn, exceeded } = error;
    const said = { iterations: turn, status: "budgetExceeded", budgetExceeded: exceeded };
    const shown = await endUsedUpBehind(context, {
      turn,
      exceeded,
      outputOf: async (last) => ({
        response: last?.answer?.message.content ?? "",
        ...said,
        stats: statsOf(meter.at.tally, name),
      }),
      shown: ({ stats }) => ({ ...said, stats }),
    });
    const response = meter.at.answer?.message.content ?? "";
    return { status: "completed", output: { response, ...(shown as object) }, settled: true };
  }
}
