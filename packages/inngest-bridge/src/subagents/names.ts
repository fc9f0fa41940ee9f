import { digestOf, type Lease, type Run, type Store } from "@perdure/checkpoint-core";

/** The call of a run for which another agent works on a run of its own. */
export interface DelegatedBy {
  readonly threadId: string;
  readonly runId: string;
  readonly life: number;
  readonly turn: number;
  readonly callId: string;
}

/** A run that works for a call of another one, and its thread. */
export interface ChildName {
  readonly runId: string;
  readonly threadId: string;
}

/** Names the run that works for a call: made of content, so the same in every delivery and execution, and never that of another call, tenant, thread or life; nobody else is told it. */
export function childName(
  store: Store,
  { threadId, life, runId }: Pick<Lease, "threadId" | "life" | "runId">,
  turn: number,
  callId: string,
): ChildName {
  const { tenant } = store.scope;
  const whole = digestOf(["delegate", tenant ?? null, threadId, life, runId, turn, callId]);
  const name = whole.slice(0, 40);
  return { runId: `sub-${name}`, threadId: `${THREAD}${name}` };
}

const THREAD = "sub:";

/** The run whose thread has such a name, if it works for another one; `undefined` for a thread that no such run has. */
export function childOn(threadId: string): string | undefined {
  return threadId.startsWith(THREAD) ? `sub-${threadId.slice(THREAD.length)}` : undefined;
}

/** The call that a run works for; none for a run that stands alone. */
export function delegatedBy({ input }: Pick<Run, "input">): DelegatedBy | undefined {
  return (input as { readonly delegatedBy?: DelegatedBy } | undefined)?.delegatedBy;
}

/** A call of a turn of the agent below. */
export interface CallBelow {
  readonly turn: number;
  readonly callId: string;
}

/** The call id under which a run asks for what the agent that works for its call `callId` waits for: it names both, and the turn, because providers reuse call ids. */
export function askedAs(callId: string, below: CallBelow): string {
  return `${below.callId}@${below.turn}.${markOf(callId)}`;
}

/** Whether an id is written as `askedAs` writes them, for whatever call: no call of a model has such a one. */
export function isAskedAs(id: string): boolean {
  return /@\d+\.[0-9a-f]{12}$/.test(id);
}

/** What an id of `askedAs` stands for; `undefined` where it is not one for this call. */
export function askedBelow(callId: string, asked: string): CallBelow | undefined {
  const at = asked.lastIndexOf("@");
  const [turn = "", mark, ...more] = asked.slice(at + 1).split(".");
  const isOfCall = at !== -1 && more.length === 0 && mark === markOf(callId);
  return isOfCall && /^\d+$/.test(turn)
    ? { turn: Number(turn), callId: asked.slice(0, at) }
    : undefined;
}

function markOf(callId: string): string {
  return digestOf(["call", callId]).slice(0, 12);
}
