import type { StoreContext } from "../context.ts";
import { checkId } from "../operation.ts";
import { LIFE, lifeIn } from "../threads/life.ts";
import { decodeRun, isFinal, runKey } from "../runs/record.ts";
import type { Approval, ApprovalStore } from "./contract.ts";
import { decide } from "./decide.ts";
import { allApprovals } from "./find.ts";
import {
  approvalKey,
  approvalOf,
  approvalPrefix,
  decodeApproval,
  parseApprovalId,
} from "./record.ts";
import { requestApprovals } from "./request.ts";

/** The approvals of the threads of one scope. */
export function approvalStore(context: StoreContext): ApprovalStore {
  return {
    async request(lease, turn, requests, { operationId }) {
      return requestApprovals(context, { lease, turn, requests, operationId });
    },
    async decide(threadId, reference, decision, options = {}) {
      return decide(context, threadId, { reference, decision, options });
    },
    async pending(threadId) {
      checkId("threadId", threadId);
      await context.ready();
      return pendingOf(context, threadId);
    },
    async get(threadId, approvalId) {
      checkId("threadId", threadId);
      checkId("approvalId", approvalId);
      await context.ready();
      if (!parseApprovalId(approvalId)) return undefined;
      const key = approvalKey(approvalId);
      const snapshot = await context.thread(threadId).read([LIFE, key], context.now());
      const found = lifeIn(context, snapshot) && snapshot.get(key);
      return found && approvalOf(threadId, decodeApproval(found));
    },
  };
}

/** Runs looked up in one read, at most: more than any engine takes at once would be refused. */
const RUNS_A_READ = 50;

/** What waits for a person, oldest first: the revision of a pending approval is that of the request. What belongs to a final run waits for nobody. */
async function pendingOf(context: StoreContext, threadId: string): Promise<readonly Approval[]> {
  const now = context.now();
  const partition = context.thread(threadId);
  const life = lifeIn(context, await partition.read([LIFE], now));
  if (!life) return [];
  const stored = await allApprovals({ partition, now }, approvalPrefix(life.revision));
  const pending = stored
    .filter((one) => one.record.status === "pending")
    .toSorted((one, other) => one.revision - other.revision);
  const runs = [...new Set(pending.map((one) => one.record.runId))];
  const ended = new Set<string>();
  for (let from = 0; from < runs.length; from += RUNS_A_READ) {
    const keys = runs.slice(from, from + RUNS_A_READ).map(runKey);
    for (const record of (await partition.read(keys, now)).values()) {
      const { record: run } = decodeRun(record);
      if (isFinal(run.status)) ended.add(run.id);
    }
  }
  return pending
    .filter((one) => !ended.has(one.record.runId))
    .map((one) => approvalOf(threadId, one));
}
