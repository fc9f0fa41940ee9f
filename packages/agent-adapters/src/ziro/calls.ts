import type { ToolResult } from "@perdure/checkpoint-core";
import { errorResult, type HeldStep } from "@perdure/inngest-bridge/agent";
import type { LedgerCall } from "../run/contract.ts";
import { isLastAttempt } from "../run/lastAttempt.ts";
import type { Below } from "./below.ts";
import type { ZiroRun } from "./run.ts";

/** What was stored of a call before this execution. One of an agent below is known to the run alone. */
export async function storedCall(
  { ledger, turn }: ZiroRun,
  below: Below | undefined,
  id: string,
): Promise<ToolResult | undefined> {
  const stored = (await ledger.past(turn))?.results.get(id);
  return below && stored ? (stored.content as ToolResult) : stored;
}

/** The result of a call: the stored one, or what `work` gives, stored. What it throws is tried again, and then told to the agent's model. */
export async function keptCall(
  { ledger, turn }: ZiroRun,
  below: Below | undefined,
  call: LedgerCall,
  work: (held: HeldStep) => Promise<ToolResult>,
): Promise<ToolResult> {
  if (!below) return ledger.result(turn, call, work);
  const kept = await ledger.inner(turn, call, async (held) => {
    try {
      return await work(held);
    } catch (error) {
      if (!isLastAttempt(held, error)) throw error;
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      return errorResult(call, `${name}: ${message}`);
    }
  });
  return kept as ToolResult;
}
