import type { Answer } from "@perdure/checkpoint-core";
import type { AgentContext } from "../agent.ts";
import type { BudgetExceeded } from "./contract.ts";
import { deadlineIn } from "./deadline.ts";
import { clocked, exceededAt, spentAt, type SpentTurn } from "./spending.ts";

/**
 * Asks a model where the run's budgets leave room for it behind `before`, and no longer than that: `ask` gets a signal that is aborted when the time is up. The answer says how long the run had been
 * worked on, where its time is limited. Answers the limit where the model was not asked, or was cut off.
 */
export async function askWithin(
  context: AgentContext,
  before: SpentTurn,
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<{ readonly answer: Answer } | { readonly exceeded: BudgetExceeded }> {
  const exceeded = exceededAt(context, before);
  if (exceeded) return { exceeded };
  const { maxDurationMs: limit, tenantId } = context.options.budget ?? {};
  const left = limit === undefined ? undefined : limit - spentAt(context, before).durationMs;
  const deadline = deadlineIn(signal, left);
  try {
    return { answer: clocked(context, before, await ask(deadline.signal)) };
  } catch (error) {
    if (limit === undefined || !deadline.isOver()) throw error;
    // A timer may be a moment ahead of the clock.
    const observed = Math.max(limit, spentAt(context, before).durationMs);
    const tenant = tenantId === undefined ? {} : { tenantId };
    return { exceeded: { kind: "duration", limit, observed, ...tenant } };
  } finally {
    deadline.stop();
  }
}
