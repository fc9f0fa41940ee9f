/** What a run may use up. The fields are those of Ziro's budgets; each is one limit more, and none is one by itself. */
export interface Budget {
  /** US dollars that its model calls may cost together: by the agent's `price`, without which it is refused. */
  readonly maxUsd?: number;
  /** Tokens in and out, of all its model calls. */
  readonly maxTokens?: number;
  /** Model calls, those that tools have counted (`spent`) included. */
  readonly maxLlmCalls?: number;
  /** Turns of the loop: the lower one of it and `maxSteps` or `maxIterations` holds, and ends the run as those do. */
  readonly maxSteps?: number;
  /** Milliseconds in which executions work on it. */
  readonly maxDurationMs?: number;
  /** When those who watch the run are warned; nothing is stopped. */
  readonly warnAt?: BudgetWarnings;
  /** What becomes of the run then: it fails with `BudgetExceededError` (`throw`, the default), or completes with what it has (`truncate`). */
  readonly onExceed?: "throw" | "truncate";
  /** It fails in any case, whatever `onExceed` says. */
  readonly hard?: boolean;
  /** Whose money it is, for warnings and errors. It decides nothing: whose data a run works on, `scope` says. */
  readonly tenantId?: string;
}

/** From where on to warn. */
export interface BudgetWarnings {
  readonly usd?: number;
  readonly tokens?: number;
  /** The share of `maxUsd`, `maxTokens` and `maxLlmCalls`, in percent. */
  readonly pctOfMax?: number;
}

/** The budgets that a run is asked with. */
export interface Budgets {
  /** For the whole run, over its suspensions and executions. */
  readonly budget?: Budget;
  /** For each tool call: the model calls that it makes itself and counts, and its time. */
  readonly toolBudget?: Budget;
}

/** What can be used up. */
export type BudgetKind = "usd" | "tokens" | "llmCalls" | "duration";

/** A limit that is used up. */
export interface BudgetExceeded {
  readonly kind: BudgetKind;
  readonly limit: number;
  /** What was used when it was found out: as much as the limit, or more. */
  readonly observed: number;
  /** The tool whose call used up `toolBudget`; none where it is the run's own. */
  readonly tool?: string;
  readonly tenantId?: string;
}
