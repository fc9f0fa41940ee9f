import { isStorageError, type Run, StorageError, type Store } from "@perdure/checkpoint-core";
import type { DurableAgent } from "../agent.ts";
import type { RunInput } from "../runInput.ts";
import { budgetProblem } from "./check.ts";
import { refuseBudgets } from "./holding.ts";
import type { Budgets } from "./contract.ts";
import { isLooser } from "./limit.ts";

/** Budgets that take the place of a run's. One that is not given stays. */
export interface Replacement extends Budgets {
  readonly runId: string;
  /** The failure that is retried with them: nothing is replaced where the run has gone on since. */
  readonly retry?: number | undefined;
  /** Names the write. */
  readonly operationId: string;
}

/** The budgets among other fields; `undefined` where there are none. */
export function budgetsIn({ budget, toolBudget }: Budgets): Budgets | undefined {
  if (budget === undefined && toolBudget === undefined) return undefined;
  return {
    ...(budget === undefined ? {} : { budget }),
    ...(toolBudget === undefined ? {} : { toolBudget }),
  };
}

/** Refuses budgets that are none, that the agent does not hold, or, where nobody vouches for who brings them, that are looser than the run's. Nothing is written. */
export async function checkReplacement(
  { agent, trusted }: { readonly agent: DurableAgent; readonly trusted: boolean },
  store: Store,
  runId: string,
  budgets: Budgets,
): Promise<void> {
  for (const [name, budget] of Object.entries(budgets)) {
    const problem = budgetProblem(name, budget);
    if (problem !== undefined) throw new StorageError("INVALID_ARGUMENT", problem);
  }
  refuseBudgets(agent, budgets);
  if (trusted) return;
  const { options = {} } = ((await store.runs.get(runId))?.input ?? {}) as Partial<RunInput>;
  for (const name of ["budget", "toolBudget"] as const)
    if (budgets[name] && isLooser(budgets[name], options[name]))
      throw new StorageError(
        "FORBIDDEN",
        `The event brings a ${name} that is looser than the run's, and nothing says whether its sender may: give createInngestAgent \`trustEvents: true\` where nobody else can send events.`,
      );
}

/**
 * Puts budgets in the place of a run's: from the next execution on, with all that the run has used up already. Answers the revision by which a failure is to be retried from now on. A run
 * that has ended for good keeps its own.
 */
export async function replaceBudgets(
  store: Store,
  { runId, retry, operationId, ...budgets }: Replacement,
): Promise<number | undefined> {
  for (;;) {
    const run = await store.runs.get(runId);
    if (!run) return retry;
    const change = { input: inputWith(run, budgets), revision: run.revision, operationId };
    try {
      const { amended, revision } = await store.runs.amend(runId, {
        ...change,
        ...(retry === undefined ? {} : { revision: retry }),
      });
      return retry === undefined || !amended ? retry : revision;
    } catch (error) {
      if (!isStorageError(error) || error.code !== "CONFLICT") throw error;
      if (retry !== undefined) return retry;
    }
  }
}

function inputWith({ input }: Run, budgets: Budgets): unknown {
  const { options = {}, ...rest } = (input ?? {}) as Partial<RunInput>;
  return { ...rest, options: { ...options, ...budgetsIn(budgets) } };
}
