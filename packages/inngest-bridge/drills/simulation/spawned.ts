import { callBehind } from "./above.ts";
import type { Ledger } from "./ledger.ts";
import type { House } from "./house.ts";

/** What a call that starts a run gives is that run, in which its id was asked; or an error. */
export function checkStarted(
  ledger: Ledger,
  callId: string,
  content: unknown,
  isError: boolean,
): void {
  if (isError) return;
  const { runId = "" } = (content ?? {}) as { readonly runId?: string };
  const run = ledger.runs.get(runId);
  if (run ? callBehind(run) !== callId : !ledger.buried.has(runId))
    ledger.problem(`the result of ${callId} is no run that it has started`);
}

/** A call starts one run; and that is its own: it ends with nobody, and is cancelled only where it was meant. */
export function checkSpawned({ ledger, cancelled }: House): void {
  const startedBy = new Map<string, string>();
  for (const run of ledger.runs.values()) {
    const callId = callBehind(run);
    if (callId === undefined) continue;
    if (startedBy.has(callId)) ledger.problem(`${callId} has started two runs`);
    startedBy.set(callId, run.id);
    if (run.status === "cancelled" && !cancelled.has(run.id))
      ledger.problem(`run ${run.id} is cancelled, and nobody has cancelled it`);
  }
}
