import type { AgentContext } from "../agent.ts";
import type { SpentCall } from "../loop/contract.ts";
import { countCall } from "../loop/count.ts";
import type { Price } from "../stats/contract.ts";
import { plus, type Tally } from "../stats/tally.ts";
import type { BudgetExceeded } from "./contract.ts";
import { deadlineIn } from "./deadline.ts";
import { BudgetExceededError } from "./error.ts";
import { passed } from "./limit.ts";
import { type ResultExtra, spentBy } from "./spending.ts";

/** Counts what one tool call uses up, and holds it to `toolBudget`. */
export interface CallMeter {
  /** Aborted also when the call has no time left. */
  readonly signal: AbortSignal;
  /** What the tool gets as `spent`. */
  readonly spent: (call: SpentCall) => Promise<void>;
  /** What is kept beside the result: nothing where nothing counts. */
  extra(): { readonly extra?: Readonly<Record<string, unknown>> };
  /** The limit that the call has passed, where this error came of it. */
  exceeded(error: unknown): BudgetExceeded | undefined;
  stop(): void;
}

/** Begins to count. `begun` is when the call began, where that was in an earlier step. */
export function callMeter(
  {
    price,
    context,
    tool,
  }: { readonly price: Price | undefined; readonly context: AgentContext; readonly tool: string },
  signal: AbortSignal,
  begun: number = Date.now(),
): CallMeter {
  const { budget, toolBudget } = context.options;
  const limit = toolBudget?.maxDurationMs;
  const deadline = deadlineIn(signal, limit && begun + limit - Date.now());
  let tally: Tally | undefined;
  const kept = (): ResultExtra => {
    const now = Date.now();
    return {
      ...(tally ? { tally } : {}),
      ...(limit === undefined ? {} : { ms: Math.max(deadline.isOver() ? limit : 0, now - begun) }),
      ...(budget?.maxDurationMs === undefined ? {} : { at: now }),
    };
  };
  const over = (): BudgetExceeded | undefined => {
    const exceeded = toolBudget && passed(toolBudget, spentBy(kept()));
    return exceeded && { ...exceeded, tool };
  };
  return {
    signal: deadline.signal,
    async spent(call) {
      const counted = await countCall(price, call);
      tally = tally ? plus(tally, counted) : counted;
      const exceeded = over();
      if (exceeded) throw new BudgetExceededError(exceeded);
    },
    extra() {
      const extra = kept();
      return Object.keys(extra).length === 0 ? {} : { extra: { ...extra } };
    },
    exceeded: (error) =>
      error instanceof BudgetExceededError || deadline.isOver() ? over() : undefined,
    stop: () => deadline.stop(),
  };
}
