import { ContentionError } from "../../errors.ts";
import { checkObject } from "../arguments.ts";
import type { StoreContext } from "../context.ts";
import { checkId } from "../operation.ts";
import type { Partition } from "../partition.ts";
import { LIFE, lifeIn } from "../life/life.ts";
import { readMany } from "../chunks.ts";
import { decodeRun, isFinal, runKey } from "../runs/record.ts";
import type { PageOptions } from "../listing.ts";
import type { Approval, ApprovalStore, PendingPage } from "../approvals/contract.ts";
import { decide } from "./decide.ts";
import { expire } from "./expire.ts";
import { allApprovals } from "./find.ts";
import { pendingPage } from "./page.ts";
import {
  approvalKey,
  approvalOf,
  approvalPrefix,
  decodeApproval,
  parseApprovalId,
} from "../approvals/record.ts";
import { requestApprovals } from "./request.ts";

/** The approvals of the threads of one scope. */
export function approvalStore(context: StoreContext): ApprovalStore {
  return {
    async request(lease, turn, requests, options) {
      checkObject("The options of request", options);
      const { operationId } = options;
      return requestApprovals(context, { lease, turn, requests, operationId });
    },
    async decide(threadId, reference, decision, options = {}) {
      return decide(context, threadId, { reference, decision, options });
    },
    async expire(threadId, approvalId, options = {}) {
      checkObject("The options of expire", options);
      const { life } = options;
      return expire(context, { threadId, approvalId, life });
    },
    pending: pendingIn(context),
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

/** `pending`, of one thread or page by page of all. */
function pendingIn(context: StoreContext): ApprovalStore["pending"] {
  function pending(threadId: string): Promise<readonly Approval[]>;
  function pending(options?: PageOptions): Promise<PendingPage>;
  async function pending(
    asked: string | PageOptions = {},
  ): Promise<readonly Approval[] | PendingPage> {
    if (typeof asked === "object" && asked !== null) return pendingPage(context, asked);
    checkId("threadId", asked);
    await context.ready();
    return pendingOf(context, asked);
  }
  return pending;
}

interface Place {
  readonly threadId: string;
  readonly partition: Partition;
  readonly now: number;
}

/** Times that the thread may begin another life while what waits in it is read. */
const MAX_LOOKS = 100;

/** What waits for a person, oldest first: the revision of a pending approval is that of the request. What belongs to a final run waits for nobody. All of one life. */
async function pendingOf(context: StoreContext, threadId: string): Promise<readonly Approval[]> {
  const now = context.now();
  const partition = context.thread(threadId);
  let life = lifeIn(context, await partition.read([LIFE], now))?.revision;
  for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
    if (life === undefined) return [];
    const pending = await pendingAt({ threadId, partition, now }, life);
    const before = life;
    life = lifeIn(context, await partition.read([LIFE], now))?.revision;
    if (life === before) return pending;
  }
  throw new ContentionError(
    `The thread began another life during each of ${MAX_LOOKS} looks at its approvals.`,
  );
}

async function pendingAt(
  { threadId, partition, now }: Place,
  life: number,
): Promise<readonly Approval[]> {
  const stored = await allApprovals({ partition, now }, approvalPrefix(life));
  const pending = stored
    .filter((one) => one.record.status === "pending")
    .toSorted((one, other) => one.revision - other.revision);
  const runs = [...new Set(pending.map((one) => one.record.runId))];
  const ended = new Set<string>();
  for (const record of (await readMany(partition, runs.map(runKey), now)).values()) {
    const { record: run } = decodeRun(record);
    if (isFinal(run.status)) ended.add(run.id);
  }
  return pending
    .filter((one) => !ended.has(one.record.runId))
    .map((one) => approvalOf(threadId, one));
}
