import type { Store } from "@perdure/checkpoint-core";
import { unlessDeleted } from "../deleted.ts";
import type { CurrentStep } from "../steps/ambient.ts";
import type { Bridge } from "./bridge.ts";
import { decisionsIn, type EventOnRun, refusedIn } from "./decisions.ts";
import { refuseOthers } from "./owning.ts";
import { keepRefusal } from "./refusals.ts";
import { meantRun } from "./request.ts";

/** Refuses what an event brings to another agent's run, ahead of all writes: who may decide there is not judged here. Refused decisions are kept in their thread. Throws `INVALID_ARGUMENT`. */
export async function refuseForOthers(
  bridge: Bridge,
  store: Store,
  { event, request }: Pick<EventOnRun, "event" | "request">,
  step: CurrentStep,
): Promise<void> {
  const meant = await unlessDeleted(meantRun(store, request));
  const run = meant && (await unlessDeleted(store.runs.get(meant.runId)));
  if (!run) return;
  try {
    refuseOthers(bridge, run, "nothing was recorded");
  } catch (error) {
    const refused = refusedIn({ event, request, meant });
    if (decisionsIn(request).length > 0)
      await keepRefusal(store, request.threadId, error, refused, step.operationId());
    throw error;
  }
}
