import type { AgentContext } from "../agent.ts";
import type { StepStream } from "../streams/stepStream.ts";
import { eventNow, type RunEvent } from "../streams/vocabulary.ts";
import type { Budget } from "./contract.ts";
import type { Spent } from "./limit.ts";
import { type SpentTurn, spentAt } from "./spending.ts";

/** A threshold, and what is held against it. */
type Threshold = readonly [kind: "usd" | "tokens" | "llmCalls", at: number | undefined];

/** Tells those who watch the run of the thresholds that an answer has passed: each once, whoever stores the answer. */
export function tellWarnings(
  stream: StepStream,
  context: AgentContext,
  before: SpentTurn,
  after: SpentTurn,
): void {
  const { budget } = context.options;
  if (!budget?.warnAt) return;
  const [was, is] = [spentAt(context, before), spentAt(context, after)];
  const passed = thresholds(budget).filter(
    ([kind, at]) => at !== undefined && isBelow(was[kind], at) && !isBelow(is[kind], at),
  );
  const events = passed.map(([kind, at = 0]) => warning(context, budget, { kind, at, is }));
  stream.stored(`budget:${after.turn}`, events);
}

function thresholds({ warnAt = {}, maxUsd, maxTokens, maxLlmCalls }: Budget): readonly Threshold[] {
  const share = (limit: number | undefined): number | undefined =>
    limit === undefined || warnAt.pctOfMax === undefined
      ? undefined
      : (limit * warnAt.pctOfMax) / 100;
  return [
    ["usd", warnAt.usd],
    ["usd", share(maxUsd)],
    ["tokens", warnAt.tokens],
    ["tokens", share(maxTokens)],
    ["llmCalls", share(maxLlmCalls)],
  ];
}

/** What is not known has passed no threshold. */
function isBelow(observed: number | null, at: number): boolean {
  return observed === null || observed < at;
}

function warning(
  { runId, threadId }: AgentContext,
  { tenantId }: Budget,
  { kind, at, is }: { readonly kind: Threshold[0]; readonly at: number; readonly is: Spent },
): RunEvent {
  return eventNow("budget.warning", {
    runId,
    threadId,
    scope: "agent",
    kind,
    threshold: at,
    observed: is[kind] ?? 0,
    ...(tenantId === undefined ? {} : { tenantId }),
  });
}
