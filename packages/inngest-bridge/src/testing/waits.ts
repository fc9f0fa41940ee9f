import { eventPayload, type StoredEvent } from "./event.ts";
import type { Wait } from "./wait.ts";
import type { World } from "./world.ts";

/** The waits that an event ends, in the order they began. */
export function waitsFor(world: World, event: StoredEvent): readonly Wait[] {
  return [...world.waits].filter((wait) => {
    const run = world.runs.get(wait.runId);
    if (
      run === undefined ||
      wait.kind === "invoke" ||
      wait.kind === "signal" ||
      wait.on !== event.name
    )
      return false;
    if (wait.until < world.clock.now()) return false;
    const scope = { event: eventPayload(run.event), async: eventPayload(event) };
    return wait.condition === undefined || wait.condition.holds(scope);
  });
}

export function findWait(world: World, runId: string, step: string): Wait | undefined {
  return [...world.waits].find((wait) => wait.runId === runId && wait.step === step);
}

export function dropWaits(world: World, runId: string): void {
  for (const wait of world.waits) if (wait.runId === runId) world.waits.delete(wait);
}
