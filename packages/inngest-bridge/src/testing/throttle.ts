import { flowKey } from "./admission.ts";
import { takeRate } from "./rate.ts";
import type { Run } from "./run.ts";
import type { World } from "./world.ts";

/** When a run may be called for the first time, if its function's throttle says that it may not now. */
export function throttledUntil(world: World, { definition, event }: Run): number | undefined {
  const { throttle } = definition.flow;
  if (throttle === undefined) return undefined;
  const key = flowKey(definition, throttle, event) ?? definition.id;
  return takeRate(world.flow.throttles, key, throttle, world.clock.now());
}
