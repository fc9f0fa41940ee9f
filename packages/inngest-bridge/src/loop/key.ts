import { digestOf, type Lease, type Store } from "@perdure/checkpoint-core";
import { wellFormed } from "../steps/text.ts";

/** Names a turn, or a call of it, to the services outside: made of content, so it is the same in every delivery, and never that of another tenant, thread, life or run. */
export function idempotencyKey(store: Store, lease: Lease, turn: number, callId?: string): string {
  const { threadId, life, runId } = lease;
  const { tenant } = store.scope;
  return digestOf([tenant ?? null, threadId, life, runId, turn, callId ?? null]).slice(0, 40);
}

/** A call id as part of a step's id: as it is where it is plain, otherwise its digest, because a step's id crosses to the server. */
export function stepPart(callId: string): string {
  return /^[\w.:-]{1,128}$/.test(callId) ? callId : `~${digestOf(callId).slice(0, 32)}`;
}

/** A name as it is shown on a dashboard. */
export function shownName(name: string): string {
  return wellFormed(name.slice(0, 100));
}
