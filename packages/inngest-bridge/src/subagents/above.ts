import type { Run, Store } from "@perdure/checkpoint-core";
import { unlessDeleted } from "../deleted.ts";
import type { Wake } from "../host.ts";
import { isFinal } from "../report.ts";
import { cancelBelow, cancelRun } from "./below.ts";
import { delegatedBy, type DelegatedBy } from "./names.ts";

/** The run that waits for what works for its call; none where it has ended, or its thread's life has. */
export async function runAbove(
  store: Store,
  { runId, life }: DelegatedBy,
): Promise<Run | undefined> {
  const above = await unlessDeleted(store.runs.get(runId));
  return above && above.life === life && !isFinal(above) ? above : undefined;
}

/** Whether somebody else sees to it that the run goes on: the one that it works for. */
export async function isSeenTo(store: Store, run: Run): Promise<boolean> {
  const by = delegatedBy(run);
  return by !== undefined && (await runAbove(store, by)) !== undefined;
}

/**
 * The run that is to be worked on where this one is woken: the topmost of those that wait for it, because it is worked on in their execution; itself where it stands alone, or has ended. One whose
 * waiting run has ended or is gone is cancelled, unless it has failed: nobody goes on with that one.
 */
export async function topRun(
  store: Store,
  run: Run,
  wake: (next: Wake) => Promise<void>,
): Promise<Run> {
  let top = run;
  while (!isFinal(top)) {
    const by = delegatedBy(top);
    if (!by) return top;
    const above = await runAbove(store, by);
    if (!above) {
      if (top.outcome) return run;
      await cancelRun(store, top, `The run ${by.runId}, which it worked for, has ended.`, wake);
      const ended = (await store.runs.get(top.id)) ?? top;
      await cancelBelow(store, ended, wake);
      return (await store.runs.get(run.id)) ?? run;
    }
    top = above;
  }
  return run;
}

/** The execution that was there for the run alone; none for a run that works for another one, whose execution goes on, nor for one that nobody has worked on. */
export function executionOf(run: Run): string | undefined {
  return delegatedBy(run) ? undefined : run.execution;
}

/** The run that waits for people where this one is woken: the topmost of those that wait for it, or itself; none where one of them has ended. */
export async function askingRun(store: Store, runId: string): Promise<Run | undefined> {
  let run = await store.runs.get(runId);
  for (let by = run && delegatedBy(run); by; by = run && delegatedBy(run))
    run = await runAbove(store, by);
  return run;
}
