import type { Budget, Budgets } from "./contract.ts";
import { SpendingUnknownError } from "./error.ts";
import type { Spent } from "./limit.ts";

/** The limits that go down to who works for a call, with what is counted for each, and the least that can be given. */
const LIMITS = [
  ["maxUsd", "usd", Number.EPSILON],
  ["maxTokens", "tokens", 1],
  ["maxLlmCalls", "llmCalls", 1],
  ["maxDurationMs", "durationMs", 1],
] as const satisfies readonly (readonly [keyof Budget, keyof Spent, number])[];

/**
 * What another run may use up that works for a call: what is left of the caller's budget, and no more than its `toolBudget` gives a call. It completes then with what it has. `undefined` where nothing
 * limits it. Throws `SpendingUnknownError` where nobody can say what is left.
 */
export function leftFor({ budget, toolBudget }: Budgets, spent: Spent): Budget | undefined {
  const left = LIMITS.flatMap(([limit, used, least]) => {
    const whole = budget?.[limit];
    const observed = spent[used];
    if (whole !== undefined && observed === null)
      throw new SpendingUnknownError(used === "usd" ? "usd" : "tokens");
    const most = Math.min(
      whole === undefined ? Number.POSITIVE_INFINITY : whole - (observed ?? 0),
      toolBudget?.[limit] ?? Number.POSITIVE_INFINITY,
    );
    return Number.isFinite(most) ? [[limit, Math.max(least, most)] as const] : [];
  });
  return left.length === 0 ? undefined : { ...Object.fromEntries(left), onExceed: "truncate" };
}

/** Of what is spent nothing. */
const NOTHING_SPENT: Spent = { usd: 0, tokens: 0, llmCalls: 0, durationMs: 0 };

/** What is handed down before anything is used: for who must hold it. */
export function handedDown(budgets: Budgets): Budget | undefined {
  return leftFor(budgets, NOTHING_SPENT);
}
