import type { ToolResult } from "@perdure/checkpoint-core";
import { errorResult } from "@perdure/inngest-bridge/agent";
import { decisionOn, refusalIn } from "../run/position.ts";
import { type Below, idIn } from "./below.ts";
import { keptCall, storedCall } from "./calls.ts";
import type { ZiroRun } from "./run.ts";

const REFUSED = { of: "ziro", value: "refused" } as const;

function isRefusal({ native }: ToolResult): boolean {
  return native?.of === REFUSED.of && native.value === REFUSED.value;
}

/** What Ziro asks an approver about. */
interface ApprovalRequest {
  readonly toolCallId: string;
  readonly toolName: string;
}

type ApprovalDecision =
  | { readonly decision: "approve"; readonly modifiedInput?: unknown }
  | { readonly decision: "reject"; readonly reason?: string }
  | { readonly decision: "suspend" };

/** Answers an agent with what is stored: a person's decision, or that there is none yet. A refusal is the call's result, and stands in the history where the call does. */
export function approverOf(
  run: ZiroRun,
  below: Below | undefined,
): (request: ApprovalRequest) => Promise<ApprovalDecision> {
  return async ({ toolCallId, toolName: name }) => {
    const id = idIn(below, toolCallId);
    const stored = await storedCall(run, below, id);
    const decision = decisionOn(run.decisions, run.turn, id);
    if (!decision) {
      if (!stored) return { decision: "suspend" };
      return isRefusal(stored)
        ? { decision: "reject", reason: String(stored.content) }
        : { decision: "approve" };
    }
    const refusal = refusalIn(decision);
    if (refusal !== undefined) {
      await keptCall(run, below, { id, name }, async () => ({
        ...errorResult({ id, name }, refusal),
        native: REFUSED,
      }));
      return { decision: "reject", reason: refusal };
    }
    const { decision: decided } = decision;
    return decided?.kind === "approve" && decided.input !== undefined
      ? { decision: "approve", modifiedInput: decided.input }
      : { decision: "approve" };
  };
}
