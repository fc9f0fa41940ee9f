import type { Commit } from "@perdure/checkpoint-core";

/** What is asked gets the agent's time for an answer, where it has none of its own. */
export function withDeadlines(changes: Commit, approvalTtlMs: number | undefined): Commit {
  const { settle } = changes;
  if (settle?.status !== "suspended" || approvalTtlMs === undefined) return changes;
  const approvals = settle.approvals.map((one) =>
    one.expiresInMs === undefined ? { ...one, expiresInMs: approvalTtlMs } : one,
  );
  return { ...changes, settle: { ...settle, approvals } };
}
