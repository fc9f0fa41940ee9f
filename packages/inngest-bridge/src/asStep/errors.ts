import { NonRetriableError } from "inngest";
import { BudgetExceededError, budgetExceededIn } from "../budget/error.ts";

/** The run waits for a person, for code that catches that: it carries Ziro's brand, by which `isAgentSuspendedError` knows it. Inngest does not try the function again for it. */
export class InngestAgentSuspendedError extends NonRetriableError {
  override readonly name = "InngestAgentSuspendedError";
  readonly __ziro_suspended__ = true as const;
  readonly snapshot: unknown;
  readonly checkpointId: string | undefined;

  constructor(snapshot: unknown, checkpointId: string | undefined) {
    super(
      `The agent waits for a person${checkpointId === undefined ? "" : ` (checkpoint ${checkpointId})`}: a resume goes on with it.`,
    );
    this.snapshot = snapshot;
    this.checkpointId = checkpointId;
  }
}

/** The run has failed, and is recorded so: it goes on from what is stored when it is retried. Its steps have used up their attempts, so that Inngest does not try the function again. */
export class AgentRunFailedError extends NonRetriableError {
  override readonly name = "AgentRunFailedError";
  readonly runId: string;
  readonly threadId: string;

  constructor(
    message: string,
    {
      runId,
      threadId,
      cause,
    }: { readonly runId: string; readonly threadId: string; readonly cause: unknown },
  ) {
    super(message, { cause });
    this.runId = runId;
    this.threadId = threadId;
  }
}

/** What was asked is refused, and nothing of it was done. `code` is that of the `StorageError` behind it; Inngest does not try the function again. */
export class RefusedError extends NonRetriableError {
  override readonly name = "RefusedError";
  readonly code: string;

  constructor(message: string, code: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** A failure as the caller gets it: a budget's as what it is. */
export function failedRun(
  failure: { readonly name: string; readonly message: string },
  run: { readonly runId: string; readonly threadId: string },
): Error {
  const exceeded = budgetExceededIn(failure);
  if (exceeded) return new BudgetExceededError(exceeded, { cause: failure });
  return new AgentRunFailedError(`${failure.name}: ${failure.message}`, { ...run, cause: failure });
}
