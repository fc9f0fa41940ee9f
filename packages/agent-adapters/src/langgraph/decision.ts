import type { Approval } from "@perdure/checkpoint-core";

/** What `interrupt` returns for a decision: an answer as it was given; otherwise whether it was agreed to, with the input that a person put in place of the node's, or the reason. */
export function resumeValueOf({ status, decision }: Approval): unknown {
  if (status === "expired") return { approved: false, reason: "Nobody decided in time." };
  if (decision?.kind === "answer") return decision.value;
  if (decision?.kind === "approve")
    return { approved: true, ...("input" in decision ? { input: decision.input } : {}) };
  return {
    approved: false,
    ...(decision?.reason === undefined ? {} : { reason: decision.reason }),
  };
}
