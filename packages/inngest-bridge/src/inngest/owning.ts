import { type Run, StorageError } from "@perdure/checkpoint-core";
import type { Inngest } from "inngest";
import type { RunInput } from "../runInput.ts";
import { isListenedTo } from "./eventNames.ts";

/** What says which runs are an agent's. */
export interface Owner {
  readonly inngest: Inngest.Any;
  readonly agent: { readonly name: string };
  readonly resumeEvent: string;
}

/** The event that goes on with a run: that of its own agent, whoever sends it. `undefined` for a run of another agent that no event wakes: whoever called for it calls again. */
export function wakeEventOf(
  { inngest, agent, resumeEvent }: Owner,
  { input }: Pick<Run, "input">,
): string | undefined {
  const { wakeBy, agent: named } = (input ?? {}) as Partial<RunInput>;
  const isNamesake = named === undefined || named === agent.name;
  if (wakeBy === undefined) return isNamesake ? resumeEvent : undefined;
  // A deploy has given the agent another event, and nobody hears the old one.
  return isNamesake && !isListenedTo(inngest, wakeBy) ? resumeEvent : wakeBy;
}

/** Whether a run is the agent's, also where a deploy has renamed the agent, or its event. */
export function isOwn(owner: Owner, run: Pick<Run, "input">): boolean {
  return wakeEventOf(owner, run) === owner.resumeEvent;
}

/** Refuses another agent's run, by that agent's name. Throws `INVALID_ARGUMENT`. `what` says what was to be done with it. */
export function refuseOthers(owner: Owner, run: Pick<Run, "id" | "input">, what: string): void {
  if (isOwn(owner, run)) return;
  const { agent } = (run.input ?? {}) as Partial<RunInput>;
  throw new StorageError(
    "INVALID_ARGUMENT",
    `The run ${run.id} is one of the agent "${agent}", and this is "${owner.agent.name}": ${what}.`,
  );
}
