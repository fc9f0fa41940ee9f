import { type Approval, isStorageError, type Run, type Store } from "@perdure/checkpoint-core";
import type { Wake } from "../host.ts";
import type { RunInput } from "../runInput.ts";
import { approvalsOf } from "../streams/ending.ts";
import { runAbove } from "./above.ts";
import { childRun } from "./childRun.ts";
import { askedBelow, type DelegatedBy, delegatedBy } from "./names.ts";
import { childResult } from "./result.ts";

/** Whoever asked is woken. */
type WakeAsking = (asking: Wake) => Promise<void>;

/** The run that asks a person for what runs below it wait for, and the calls from there down to one of them. */
interface Asking {
  readonly run: Run;
  readonly path: readonly DelegatedBy[];
}

/**
 * A run that works for another one has ended from outside: what people were asked for it is denied in its place, with the reason, and the run that asked is woken, so that its model is told. Nothing
 * where the run goes on, works for nobody, or nobody waits any more. The same call again does what it could not.
 */
export async function closeAsked(store: Store, run: Run, wake: WakeAsking): Promise<void> {
  if (!run.outcome) return;
  const asking = await askingFor(store, run);
  if (!asking) return;
  const approvals = await approvalsOf(store, asking.run);
  const asked = approvals.filter((one) => isAskedFor(one, asking.path));
  const reason = whyEnded(run);
  for (const { id, status } of asked)
    if (status === "pending") await deny(store, asking.run, id, reason);
  const { id: runId, threadId, life, input } = asking.run;
  const { wakeBy } = (input ?? {}) as Partial<RunInput>;
  if (asked.length === 0 || wakeBy === undefined) return;
  await wake({ threadId, life, runId, fence: `closed:${run.id}:${run.revision}` });
}

/** The same for those of these runs that have ended: for whoever has just asked for them, since the end of one that came before had nothing to close. True where one is gone with its thread. */
export async function closeEnded(
  store: Store,
  runIds: readonly string[],
  wake: WakeAsking,
): Promise<boolean> {
  let isGone = false;
  for (const id of runIds) {
    const run = await childRun(store, id);
    if (run) await closeAsked(store, run, wake);
    else isGone = true;
  }
  return isGone;
}

async function askingFor(store: Store, run: Run): Promise<Asking | undefined> {
  const path: DelegatedBy[] = [];
  let top = run;
  for (let by = delegatedBy(top); by; by = delegatedBy(top)) {
    const above = await runAbove(store, by);
    if (!above) return undefined;
    path.unshift(by);
    top = above;
  }
  return path.length === 0 ? undefined : { run: top, path };
}

/** Whether an approval of the topmost run was asked by the run at the end of the path, or by one below that. */
function isAskedFor({ turn, callId }: Approval, path: readonly DelegatedBy[]): boolean {
  let at: { readonly turn: number; readonly callId: string } | undefined = { turn, callId };
  for (const by of path) at = at?.turn === by.turn ? askedBelow(by.callId, at.callId) : undefined;
  return at !== undefined;
}

/** Whoever has decided first stands, and an end of the run that asked leaves nothing to be closed. */
export async function deny(
  store: Store,
  { threadId, life }: Run,
  approvalId: string,
  reason: string,
): Promise<void> {
  try {
    await store.approvals.decide(threadId, { approvalId }, { kind: "deny", reason }, { life });
  } catch (error) {
    if (!isStorageError(error) || (error.code !== "CONFLICT" && error.code !== "DELETED"))
      throw error;
  }
}

function whyEnded(run: Run): string {
  const { agent = "" } = (run.input ?? {}) as Partial<RunInput>;
  return String(childResult({ id: "", name: "" }, agent, run).content);
}
