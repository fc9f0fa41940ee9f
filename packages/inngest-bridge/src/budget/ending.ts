import type { Answer, ToolResult } from "@perdure/checkpoint-core";
import type { AgentContext, HeldStep } from "../agent.ts";
import type { BudgetExceeded } from "./contract.ts";
import { BudgetExceededError } from "./error.ts";
import { truncates } from "./limit.ts";

/** What is stored of the turn behind which a run has used up its budget; nothing of turn 0. */
export interface LastTurn {
  readonly answer?: Answer | undefined;
  readonly results: ReadonlyMap<string, ToolResult>;
}

/** The text that calls get in place of a result which the budget left no room for. */
const NOT_RUN = "Not run: the budget of the run is used up.";

/** How a run ends that has used up its budget. */
export interface UsedUpEnding<Output> {
  readonly turn: number;
  readonly exceeded: BudgetExceeded;
  /** What the run gives where it completes, of the turn that was its last. */
  readonly outputOf: (last: LastTurn | undefined) => Promise<Output>;
  /** What the step returns of it: what is small. */
  readonly shown: (output: Output) => unknown;
  /** Called in the step when the run has ended. */
  readonly behind?: (settled: Awaited<ReturnType<HeldStep["commit"]>>) => Promise<void>;
}

/**
 * Ends a run that has used up its budget behind a turn, in a step of its own: it fails with `BudgetExceededError`, or completes with what `outputOf` makes of that turn. What is stored stays, so that
 * a failed one goes on from there with a larger budget.
 */
export async function endUsedUpBehind<Output>(
  context: AgentContext,
  { turn, exceeded, outputOf, shown, behind }: UsedUpEnding<Output>,
): Promise<unknown> {
  const { store, lease, options } = context;
  return context.step({ id: `budget:${turn}`, name: "budget" }, async (held) => {
    if (!truncates(options, exceeded)) throw new BudgetExceededError(exceeded);
    const stored = turn === 0 ? undefined : await store.runs.turn(lease, turn);
    const calls = stored?.answer?.message.toolCalls ?? [];
    const output = await outputOf(stored);
    const settled = await held.commit({
      settle: { status: "completed", output },
      unfinished: Object.fromEntries(calls.map(({ id }) => [id, NOT_RUN])),
    });
    await behind?.(settled);
    return shown(output);
  });
}
