import type { Approval } from "@perdure/checkpoint-core";
import type { Ledger } from "./ledger.ts";

const QUESTION = /^~outcome:\d+:([^@]+)/;

/** Whether an approval asks what became of an effect. */
export function isQuestion({ callId }: Pick<Approval, "callId">): boolean {
  return QUESTION.test(callId);
}

/** Notes, ahead of it, that a person says of a question (by the id that it has as a call) that the effect is to be done again. */
export function mayBeDoneAgain({ again }: Ledger, callId: string): void {
  const call = QUESTION.exec(callId)?.[1];
  if (call !== undefined) again.set(call, (again.get(call) ?? new Set()).add(callId));
}

/** No effect that is for doing once was done more often than that, and than people have said. */
export function checkOnce(ledger: Ledger): void {
  const times = new Map<string, number>();
  for (const { tool, callId } of ledger.effects)
    if (tool === "pay") times.set(callId, (times.get(callId) ?? 0) + 1);
  for (const [callId, count] of times)
    if (count > 1 + (ledger.again.get(callId)?.size ?? 0))
      ledger.problem(`${callId} was for doing once, and was done ${count} times`);
}
