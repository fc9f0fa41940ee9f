import { prefixRange } from "../../backend/keys.ts";
import { announce } from "../approvals/announce.ts";
import {
  type ApprovalRecord,
  approvalKey,
  approvalPrefix,
  decodeApproval,
} from "../approvals/record.ts";
import type { StoreContext } from "../context.ts";
import { encodeValue, type OpenRecord } from "../partition.ts";
import { LIFE } from "../life/life.ts";
import { scanned } from "./places.ts";
import type { Carried } from "./translate.ts";

/** A thread's life in the source, and the one that it has in the target. */
export interface NewLife {
  readonly from: number;
  readonly to: number;
}

/** The record as it is in the new life, where its key or its value names the old one: approvals do, and the runs that wait for them. `undefined` for any other. */
export function renewed(record: OpenRecord, { from, to }: NewLife): Carried | undefined {
  const { key, expiresAt } = record;
  const renamed = (id: string): string =>
    id.startsWith(`${from}/`) ? `${to}/${id.slice(`${from}/`.length)}` : id;
  if (key.startsWith(approvalPrefix(from))) {
    const approval = record.value() as ApprovalRecord;
    const id = renamed(approval.id);
    return { key: approvalKey(id), value: encodeValue({ ...approval, id }), expiresAt };
  }
  if (!key.startsWith("run/")) return undefined;
  const run = record.value() as { readonly approvals: readonly string[] };
  return { key, value: encodeValue({ ...run, approvals: run.approvals.map(renamed) }), expiresAt };
}

/** What waits for a person in the thread is listed in the target by its life there. */
export async function announceRenewed(
  target: StoreContext,
  threadId: string,
  now: number,
): Promise<void> {
  const partition = target.unwatched(threadId);
  const life = (await partition.read([LIFE], now)).get(LIFE);
  if (!life) return;
  const { owner } = life.value() as { readonly owner?: string };
  const asked: ApprovalRecord[] = [];
  for await (const record of scanned(partition, prefixRange(approvalPrefix(life.revision)), now)) {
    const approval = decodeApproval(record).record;
    if (approval.status === "pending") asked.push(approval);
  }
  await announce(target, { threadId, owner, asked }, now);
}
