import type { Run } from "@perdure/checkpoint-core";
import { callAbove } from "./above.ts";
import type { Ledger } from "./ledger.ts";
import type { Script } from "./script.ts";

/** Where what has happened is written down. */
interface Seen {
  readonly ledger: Ledger;
}

/** The run that works for a call. */
function runFor({ runs }: Ledger, callId: string): Run | undefined {
  return [...runs.values()].find((run) => callAbove(run)?.callId === callId);
}

/** What the call of an agent gives is the agent's last answer, and an error where it has none. */
export function checkAnswerBelow(
  { ledger }: Seen,
  callId: string,
  content: unknown,
  isError: boolean,
): void {
  const below = [...ledger.delegations].find(([, by]) => by.callId === callId)?.[0] ?? "";
  // With its thread its answer is gone, and nothing says any more whether there was one.
  if (ledger.buried.has(below)) return;
  const { outcome } = runFor(ledger, callId) ?? {};
  if (outcome?.status !== "completed") {
    if (!isError) ledger.problem(`${callId} has an answer, and its agent has none`);
    return;
  }
  const { response } = outcome.output as { readonly response: unknown };
  if (content !== response && !isError)
    ledger.problem(`the result of ${callId} is not what its agent has answered`);
}

/** A run below one that has failed, or that waits so itself, waits with it for a retry. */
export function waitsWithFailed(ledger: Ledger, run: Run): boolean {
  const by = callAbove(run);
  const above = by && ledger.runs.get(by.runId);
  return above !== undefined && (above.status === "failed" || waitsWithFailed(ledger, above));
}

/** No agent works below more others than it may. */
export function checkDepth({ ledger, script }: Seen & { readonly script: Script }): void {
  const { maxDepth = 1 } = script;
  for (const { id } of ledger.runs.values()) {
    const above = agentsAbove(ledger, id);
    if (above > maxDepth) ledger.problem(`run ${id} has ${above} agents above it, of ${maxDepth}`);
  }
}

function agentsAbove(ledger: Ledger, runId: string): number {
  const by = ledger.delegations.get(runId);
  return by ? 1 + agentsAbove(ledger, by.runId) : 0;
}

/** Nothing works for a run that has ended, where somebody looks after what was left. */
export function checkOrphans({ ledger }: Seen): void {
  for (const run of ledger.runs.values()) {
    const by = callAbove(run);
    const above = by && ledger.runs.get(by.runId);
    const isOver = by !== undefined && (above === undefined || above.outcome !== undefined);
    if (
      isOver &&
      !waitsWithFailed(ledger, run) &&
      ["queued", "running", "suspended"].includes(run.status)
    )
      ledger.problem(
        `run ${run.id} is ${run.status}, and ${by.runId}, which it works for, has ended`,
      );
  }
}
