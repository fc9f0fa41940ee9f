import type { Run } from "@perdure/checkpoint-core";

/** The call for which a run works, of a run below another. */
export interface CallAbove {
  readonly runId: string;
  readonly callId: string;
}

/** The call for which a run works, as it is stored with it; none for one that stands alone. */
export function callAbove({ input }: Pick<Run, "input">): CallAbove | undefined {
  return (input as { readonly delegatedBy?: CallAbove } | undefined)?.delegatedBy;
}

/** Whether a run was started by a call (`spawn`), and is its own since. */
export function isSpawned(runId: string): boolean {
  return runId.startsWith("spawn-");
}

/** The call that has started a run; none for any other. */
export function callBehind({ id, input }: Pick<Run, "id" | "input">): string | undefined {
  const { prompt } = (input ?? {}) as { readonly prompt?: string };
  return isSpawned(id) ? prompt?.split(OF)[0] : undefined;
}

/** Words that are nobody else's, of a tenant. */
export function ofTenant(tenant: string | undefined, words: string): string {
  return tenant === undefined ? words : `${words}${OF}${tenant}`;
}

const OF = " of ";

/** What a run was asked: one that works for a call, or was started by it, is asked with the call's id; and each in the words of its tenant. */
export function promptOf(run: Run, tenant: string | undefined): string {
  return ofTenant(tenant, callAbove(run)?.callId ?? callBehind(run) ?? run.id);
}

/** The call that an approval is on: one that an agent below asks for is asked for by the run above it, under a longer name. */
export function ownCallId(callId: string): string {
  return callId.split("@")[0] ?? callId;
}

/** The turn that a call is of, as its id says. */
export function turnIn(callId: string): number {
  return Number(/-(\d+)x/.exec(callId)?.[1]);
}
