import type { Store } from "@perdure/checkpoint-core";
import { budgetsIn, checkReplacement, replaceBudgets } from "../budget/replace.ts";
import { unlessDeleted } from "../deleted.ts";
import { type RunSummary, summaryOf } from "../report.ts";
import type { CurrentStep } from "../steps/ambient.ts";
import { failedBelow } from "../subagents/deciding.ts";
import type { Bridge } from "./bridge.ts";
import { type EventOnRun, recordDecisions } from "./decisions.ts";
import { type Meant, meantRun } from "./request.ts";

/** The run that is meant, and by what its failure is retried now; or how it has ended, where nobody can go on with it. */
export type Recorded = Meant & { readonly retry?: number; readonly failed?: RunSummary };

/**
 * Records what is brought to a run, in a step: decisions, and budgets in the place of the run's. It is refused as a whole before anything of it is written. `undefined` where no run is meant.
 */
export async function recordRequest(
  bridge: Pick<Bridge, "agent" | "authorize" | "trustEvents">,
  store: Store,
  { event, request }: Pick<EventOnRun, "event" | "request">,
  step: CurrentStep,
): Promise<Recorded | undefined> {
  const meant = await unlessDeleted(meantRun(store, request));
  if (!meant) return undefined;
  const { runId } = meant;
  const budgets = budgetsIn(request);
  const { agent, trustEvents: trusted } = bridge;
  if (budgets) await checkReplacement({ agent, trusted }, store, runId, budgets);
  await recordDecisions(bridge, store, { event, request, meant }, step);
  if (!budgets) {
    const failed = await failedBelow(store, request.threadId, meant);
    return failed ? { ...meant, failed: summaryOf(failed) } : meant;
  }
  const replacement = { ...budgets, runId, retry: request.retry, operationId: step.operationId() };
  const retry = await replaceBudgets(store, replacement);
  return retry === undefined ? meant : { ...meant, retry };
}
