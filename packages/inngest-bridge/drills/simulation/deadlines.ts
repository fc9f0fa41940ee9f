import type { Approval, Message, Run } from "@perdure/checkpoint-core";
import { ownCallId } from "./above.ts";
import { isQuestion } from "./questions.ts";
import type { House } from "./house.ts";

/** What the model is told of a call on which nobody has decided in time. */
const STATED = "Nobody decided on this call in time.";

/** Approvals that may be pending for longer than they should: a clock may be 90 seconds off, and somebody has to look. */
const LATE_MS = 15 * 60_000;

/** A call whose time is over is not done, no decision on it counts, and the model is told so, once. Where somebody looks after what was left, none stays undecided beyond its time. */
export async function checkDeadlines(house: House): Promise<void> {
  const { ledger, inspector } = house;
  for (const [id, threadId] of ledger.approvals) {
    if (!ledger.isAlive(threadId)) continue;
    const approval = await inspector.approvals.get(threadId, id);
    if (approval?.status === "expired") await checkExpired(house, approval);
  }
}

/** Nothing waits for a person beyond its time. */
export async function checkLate({ ledger, inspector, stage }: House): Promise<void> {
  for (const run of ledger.runs.values()) {
    if (run.status !== "suspended") continue;
    for (const id of run.approvals) {
      const approval = await inspector.approvals.get(run.threadId, id);
      const due = approval?.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
      if (approval?.status === "pending" && due + LATE_MS < stage.now)
        ledger.problem(`${approval.callId} of ${run.id} is still asked for, and its time is over`);
    }
  }
}

async function checkExpired(house: House, approval: Approval): Promise<void> {
  const { ledger } = house;
  const callId = ownCallId(approval.callId);
  const isCounted = ledger.asked.some(
    ({ what, result }) =>
      what.endsWith(` ${approval.callId}`) &&
      (result as { readonly counted?: boolean } | undefined)?.counted === true,
  );
  if (isCounted) ledger.problem(`a decision on ${callId} counted, and its time was over`);
  if (isQuestion(approval)) return;
  const done = ledger.effects.find((one) => one.callId === callId);
  if (done) ledger.problem(`${callId} was done, and its time was over`);
  const run = ledger.runOfCall(callId);
  if (run && isToldAll(house, run)) await checkTold(house, run, callId);
}

/** Whether the run's model has been told of all its calls. Those that the budget has left no room for are told that, and one decision of several may be enough. */
function isToldAll({ script }: House, { outcome }: Run): boolean {
  if (outcome?.status !== "completed" || script.resumeWhen === "any") return false;
  return (outcome.output as { readonly status?: string }).status !== "budgetExceeded";
}

async function checkTold({ ledger, inspector }: House, run: Run, callId: string): Promise<void> {
  const entries = await inspector.history.read<Message>(run.threadId);
  const told = entries.filter(({ value }) => value.role === "tool" && value.toolCallId === callId);
  if (told.length !== 1 || told[0]?.value.content !== STATED)
    ledger.problem(`the model was not told once that the time of ${callId} was over`);
}
