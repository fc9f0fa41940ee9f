import type { Approval, Lease, Run, Store, ToolCall } from "@perdure/checkpoint-core";
import { approvalsOf } from "../streams/ending.ts";
import { childRun } from "./childRun.ts";
import { deny } from "./closing.ts";
import { askedBelow, type CallBelow, childName, isAskedAs } from "./names.ts";
import { childResult } from "./result.ts";

/** A run with its thread and that one's life. */
type At = Pick<Lease, "threadId" | "runId" | "life">;

/**
 * What people are asked for an agent that waits no more is denied, with the reason: its thread was deleted, or its run has ended, and nobody said so to the run that asks. True where something was
 * denied: the run that asks is then to be woken. Again it finds nothing to do.
 */
export async function closeLost(store: Store, run: Run): Promise<boolean> {
  if (!run.approvals.some(mayBeBelow)) return false;
  let isClosed = false;
  for (const approval of await approvalsOf(store, run)) {
    if (approval.status !== "pending") continue;
    const reason = await whyLost(store, run, approval);
    if (reason === undefined) continue;
    await deny(store, run, approval.id, reason);
    isClosed = true;
  }
  return isClosed;
}

/** Whether an approval may have been asked by an agent below, as far as its id says: the character that `askedAs` puts into each is there, unless a long one is hashed. */
function mayBeBelow(approvalId: string): boolean {
  return /:~~|~0040/.test(approvalId);
}

/** Why nobody below waits for the approval; `undefined` where somebody does, or it is the run's own. */
async function whyLost(
  store: Store,
  { id: runId, threadId, life }: Run,
  { turn, callId }: Approval,
): Promise<string | undefined> {
  let at: At = { runId, threadId, life };
  let place: CallBelow = { turn, callId };
  for (;;) {
    const asking = await callAsking(store, at, place);
    if (!asking) return undefined;
    const { call, below } = asking;
    const name = childName(store, at, place.turn, call.id);
    const child = await childRun(store, name.runId);
    // What is told says which tool asked: the agent's own name went with its thread.
    if (!child || child.outcome) return String(childResult(call, call.name, child).content);
    at = { runId: child.id, threadId: child.threadId, life: child.life };
    place = below;
  }
}

/** The call of a run's turn for which an agent asks, and the agent's own call; none where the run asks for itself. */
async function callAsking(
  store: Store,
  at: At,
  { turn, callId }: CallBelow,
): Promise<{ readonly call: ToolCall; readonly below: CallBelow } | undefined> {
  if (!isAskedAs(callId)) return undefined;
  // Only reads: whether it holds is not asked.
  const { answer } = await store.runs.look({ ...at, execution: "none", fence: 1 }, { turn });
  for (const call of answer?.message.toolCalls ?? []) {
    const below = askedBelow(call.id, callId);
    if (below) return { call, below };
  }
  return undefined;
}
