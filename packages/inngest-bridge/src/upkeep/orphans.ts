import type { Run, Store } from "@perdure/checkpoint-core";
import type { Inngest } from "inngest";
import { wakeNext } from "../inngest/bridge.ts";
import { resumeRequested } from "../inngest/events.ts";
import type { RunInput } from "../runInput.ts";
import { topRun } from "../subagents/above.ts";
import { delegatedBy } from "../subagents/names.ts";

/** Whether no event wakes a run: whoever called for it, or for the one that it works for, calls again. */
export function hasNoEvent({ input }: Run): boolean {
  return ((input ?? {}) as Partial<RunInput>).wakeBy === undefined;
}

/** Ends a run that no event wakes, and that works for one which has ended or is gone: nobody else would come to it. Any other is left alone. */
export async function endOrphan(inngest: Inngest.Any, store: Store, run: Run): Promise<void> {
  if (delegatedBy(run) === undefined || !hasNoEvent(run)) return;
  const waker = { inngest, resumeEvent: resumeRequested.name };
  await topRun(store, run, async (next) => wakeNext(waker, store, next, {}));
}
