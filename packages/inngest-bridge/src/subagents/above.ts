import type { Run, Store } from "@perdure/checkpoint-core";
import type { Wake } from "../host.ts";
import { cancelBelow, cancelRun, isFinal } from "./below.ts";
import { delegatedBy } from "./names.ts";

/**
 * The run that is to be worked on where this one is woken: the topmost of those that wait for it, because it is worked on in their execution; itself where it stands alone, or has ended. One whose
 * waiting run has ended or is gone is cancelled.
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
    const above = await store.runs.get(by.runId);
    if (!above || above.life !== by.life || isFinal(above)) {
      await cancelRun(store, top, `The run ${by.runId}, which it worked for, has ended.`, wake);
      const ended = (await store.runs.get(top.id)) ?? top;
      await cancelBelow(store, ended, wake);
      return (await store.runs.get(run.id)) ?? run;
    }
    top = above;
  }
  return run;
}
