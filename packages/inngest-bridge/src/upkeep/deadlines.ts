import {
  type Approval,
  digestOf,
  isStorageError,
  type Lease,
  type Store,
} from "@perdure/checkpoint-core";
import type { Inngest } from "inngest";
import { threadName } from "../inngest/threadName.ts";
import { approvalDue } from "./events.ts";

/** What was asked, and the fields that the events of its run carry. */
interface Watched {
  readonly approvals: readonly Approval[];
  readonly lease: Pick<Lease, "threadId" | "life">;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Inngest keeps no event for longer than a year; what is due later is found by the upkeep. */
const LONGEST_MS = 365 * 24 * 60 * 60 * 1000;

/** Sends, for each deadline, the event that comes at that time. It is named by the approval: sent twice, it comes once. */
export async function sendDeadlines(
  { inngest, resumeEvent }: { readonly inngest: Inngest.Any; readonly resumeEvent: string },
  store: Store,
  { approvals, lease: { threadId, life }, fields }: Watched,
): Promise<void> {
  const events = approvals.flatMap(({ id, status, requestedAt, expiresAt }) => {
    if (status !== "pending" || !expiresAt) return [];
    const ts = expiresAt.getTime();
    if (ts - requestedAt.getTime() > LONGEST_MS) return [];
    const named = digestOf([threadName(store, threadId), id, ts]).slice(0, 32);
    const due = { approvalId: id, resumeEvent };
    const data = { ...fields, threadId, life, due };
    return [{ id: `perdure:approval:${named}`, name: approvalDue.name, ts, data }];
  });
  if (events.length > 0) await inngest.send(events);
}

/** What became of an approval whose time is over. */
export type Expiry =
  /** It has expired, now or before: its run is to be woken. */
  | { readonly status: "expired"; readonly runId: string }
  /** By the store's clock its time is still to come. */
  | { readonly status: "early" }
  /** Somebody has decided, or nobody waits for it any more. */
  | { readonly status: "over" };

/** The approval expires, if it is due and nobody has decided. */
export async function expireApproval(
  { approvals }: Pick<Store, "approvals">,
  { threadId, life, approvalId }: { threadId: string; life: number; approvalId: string },
): Promise<Expiry> {
  try {
    const { counted, approval } = await approvals.expire(threadId, approvalId, { life });
    if (counted) return { status: "expired", runId: approval.runId };
    return { status: approval.status === "pending" ? "early" : "over" };
  } catch (error) {
    if (isStorageError(error) && GONE.has(error.code)) return { status: "over" };
    throw error;
  }
}

/** Its run is final, or its thread has gone. */
const GONE: ReadonlySet<string> = new Set(["CONFLICT", "DELETED", "NOT_FOUND"]);
