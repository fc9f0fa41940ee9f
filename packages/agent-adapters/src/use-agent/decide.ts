import type { Approval, Store } from "@perdure/checkpoint-core";
import { fieldsOf, idIn, optionalText, SMALL_BODY, textIn } from "./body.ts";
import type { Asked } from "./contract.ts";
import { dataOf } from "./data.ts";
import { answer, Refusal } from "./refusal.ts";
import { heldThread } from "./threads.ts";

const DECIDE: ReadonlySet<string> = new Set(["toolCallId", "threadId", "action", "reason"]);
const REASON_UNITS = 2000;
const CALL_UNITS = 4096;

/**
 * The user's decision on a tool call that waits, named by the approval's id or by the call's. The same decision again, also of another tab, changes nothing and is no error; another one
 * is, since the first counts.
 */
export async function decide(asked: Asked): Promise<Response> {
  const { request, store, scope, options, identity } = asked;
  const fields = await fieldsOf(request, DECIDE, SMALL_BODY);
  const threadId = idIn(fields, "threadId");
  const named = textIn(fields, "toolCallId", CALL_UNITS);
  const action = actionIn(fields["action"]);
  const reason = optionalText(fields, "reason", REASON_UNITS);
  await heldThread(store, threadId);
  const approval = await approvalOf(store, threadId, named);
  if (approval.status !== "pending") return standing(approval, action);
  const { id: approvalId, revision: shown } = approval;
  const { user: by } = identity;
  const at = { threadId, approvalId, shown, by, scope, ...dataOf(asked) };
  const denied = reason === undefined ? at : { ...at, reason };
  const decided = await (action === "approve"
    ? options.agent.approve(at)
    : options.agent.deny(denied));
  if (!decided.counted) return standing(decided.approval, action);
  return answer({ success: true, runId: approval.runId });
}

type Action = "approve" | "deny";

function actionIn(action: unknown): Action {
  if (action === "approve" || action === "deny") return action;
  throw new Refusal(400, "action must be approve or deny.");
}

function standing({ status, runId }: Approval, action: Action): Response {
  if (status === (action === "approve" ? "approved" : "denied"))
    return answer({ success: true, runId });
  throw new Refusal(409, `It is ${status} already.`);
}

/** The approval of this id; or of the one call with it among those that the thread's run waits for. */
async function approvalOf(store: Store, threadId: string, named: string): Promise<Approval> {
  const byId = await store.approvals.get(threadId, named);
  if (byId) return byId;
  const run = await store.runs.holding(threadId);
  const ids = run?.approvals ?? [];
  const all = await Promise.all(ids.map(async (id) => store.approvals.get(threadId, id)));
  const [only, ...more] = all.filter((one) => one?.callId === named);
  if (more.length > 0) throw new Refusal(409, "Several calls have this id: name the approval.");
  if (!only) throw new Refusal(404, "No such tool call waits.");
  return only;
}
