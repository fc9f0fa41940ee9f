import type { Run } from "@perdure/checkpoint-core";
import type { RunInput } from "../runInput.ts";
import { delegatedBy } from "../subagents/names.ts";
import { hasNoEvent } from "./orphans.ts";

/** An event that goes on with a run. */
export interface WakeEvent {
  readonly id: string;
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Whether whoever called for the run has to call again. One that works for another run goes on with that. */
export function isWokenByNobody(run: Run): boolean {
  return hasNoEvent(run) && delegatedBy(run) === undefined;
}

/** What wakes a run: the event that it was recorded with, with all that it carried. `undefined` for a run that no agent of ours recorded, or that none can be sent to. */
export function wakeOf(
  { id: runId, threadId, life, input }: Run,
  eventId: string,
  more: Readonly<Record<string, unknown>> = {},
): WakeEvent | undefined {
  const { wakeBy, fields } = (input ?? {}) as Partial<RunInput>;
  if (wakeBy === undefined) return undefined;
  return { id: eventId, name: wakeBy, data: { ...fields, threadId, runId, life, ...more } };
}
