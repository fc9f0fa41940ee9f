import { type DecideResult, type Decision, isStorageError, type Store } from "../../src/index.ts";
import { THREAD } from "./desk.ts";
import { retried } from "./faults.ts";
import type { Ledger } from "./ledger.ts";
import type { Random } from "./scheduler.ts";

/** Somebody decides on what a run asks, or on the call that it is about to ask about; whom to wake then. One that comes after the deadline finds it expired. */
export async function decideOn(
  store: Store,
  runId: string,
  operationId: string,
  { ledger, random }: { readonly ledger: Ledger; readonly random: Random },
): Promise<DecideResult["wake"]> {
  const pending = await retried(async () => store.approvals.pending(THREAD));
  const one = pending.find((approval) => approval.runId === runId);
  const reference = one ? { approvalId: one.id } : { runId, callId: "ask" };
  const decision = decided(random());
  try {
    const { counted, approval, wake } = await retried(async () =>
      store.approvals.decide(THREAD, reference, decision, { operationId, check }),
    );
    if (counted) ledger.counted(approval.id, checked(decision));
    return wake;
  } catch (error) {
    // Nothing asks yet, more than one call has the name, the input is refused, or the run is final: nothing recorded.
    if (!isStorageError(error) || !REFUSALS.has(error.code)) throw error;
    return undefined;
  }
}

function decided(luck: number): Decision {
  if (luck < 0.4) return { kind: "approve" };
  if (luck < 0.6) return { kind: "approve", input: { order: 8 } };
  return luck < 0.7 ? { kind: "approve", input: "nonsense" } : { kind: "deny" };
}

/** What {@link check} makes of a decision. */
function checked(decision: Decision): Decision {
  return decision.kind === "approve" && decision.input !== undefined
    ? { kind: "approve", input: { checked: decision.input } }
    : decision;
}

function check(
  _asked: unknown,
  input: unknown,
):
  | { readonly ok: true; readonly input: unknown }
  | { readonly ok: false; readonly problem: string } {
  return typeof input === "string"
    ? { ok: false, problem: "it is text" }
    : { ok: true, input: { checked: input } };
}

const REFUSALS: ReadonlySet<string> = new Set(["NOT_FOUND", "INVALID_ARGUMENT", "CONFLICT"]);
