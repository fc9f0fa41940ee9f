import type { RunOptions } from "@perdure/inngest-bridge/agent";
import { isStepCount, type ToolLoopAgentSettings } from "ai";

type StopWhen = ToolLoopAgentSettings["stopWhen"];

/** Model calls when nothing else is said, as the SDK has it. */
const DEFAULT_STEPS = 20;

/** When the loop stops: where the run's `maxSteps` says, in place of what the agent has, and not behind `budget.maxSteps` in any case. */
export function limitIn(
  { maxSteps, budget }: RunOptions,
  own: unknown,
): { readonly stopWhen?: StopWhen } {
  const most = budget?.maxSteps;
  if (maxSteps === undefined && most === undefined) return {};
  const asked =
    maxSteps === undefined ? (own ?? isStepCount(DEFAULT_STEPS)) : isStepCount(maxSteps);
  const conditions = (Array.isArray(asked) ? asked : [asked]) as readonly unknown[];
  const all = most === undefined ? conditions : [...conditions, isStepCount(most)];
  return { stopWhen: all as StopWhen };
}
