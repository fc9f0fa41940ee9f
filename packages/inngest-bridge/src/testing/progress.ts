import type { Json } from "./canonical.ts";
import type { Run } from "./run.ts";
import type { Wait } from "./waits.ts";
import type { World } from "./world.ts";

/** Calls the function again, unless a job of this id has been planned before or steps are pending. */
export function discover(world: World, run: Run, id: string, race: boolean): void {
  if (run.pending.size > 0 && !race) return;
  if (run.version >= 2) run.forcePlan = false;
  plan(world, run, `discover:${id}`, undefined);
}

/** Calls for one step that the SDK has announced. */
export function planStep(world: World, run: Run, step: string): void {
  plan(world, run, `step:${step}`, step);
}

function plan(world: World, run: Run, id: string, step: string | undefined): void {
  if (run.jobIds.has(id)) return;
  run.jobIds.add(id);
  world.agenda.add(world.clock.now(), {
    kind: "call",
    runId: run.id,
    ...(step === undefined ? {} : { step }),
    attempt: 0,
    id,
  });
}

/** Memoises what a wait was waiting for and goes on. */
export function resume(world: World, wait: Wait, result: Json): void {
  world.waits.delete(wait);
  const run = world.runs.get(wait.runId);
  if (run === undefined || wait.step === undefined || run.status !== "Running") return;
  world.agenda.removeTimeout(run.id, wait.step);
  if (run.isSaved(wait.step)) return;
  run.save(wait.step, JSON.stringify(result));
  discover(world, run, wait.step, wait.race);
}
