import type { Json } from "./canonical.ts";
import { addCall } from "./due.ts";
import type { Run } from "./run.ts";
import type { Wait } from "./wait.ts";
import type { World } from "./world.ts";

/** Calls the function again, unless a job of this id has been planned before or steps are pending. */
export function discover(world: World, run: Run, id: string, race: boolean): void {
  if (run.pending.size > 0 && !race) return;
  if (run.version >= 2) run.forcePlan = false;
  plan(world, run, { id: `discover:${id}`, from: id });
}

/** Calls for one step that the SDK has announced. */
export function planStep(world: World, run: Run, step: string, from: string | undefined): void {
  plan(world, run, { id: `step:${step}`, step, ...(from === undefined ? {} : { from }) });
}

function plan(
  world: World,
  run: Run,
  job: { readonly id: string; readonly step?: string; readonly from?: string },
): void {
  if (!once(run, job.id)) return;
  const call = { kind: "call", runId: run.id, attempt: 0, ...job } as const;
  addCall(world, world.clock.now(), call, run.priorityMs);
}

/** Whether a run is told to do this for the first time; an answer may tell it again. */
export function once(run: Run, id: string): boolean {
  if (run.jobIds.has(id)) return false;
  run.jobIds.add(id);
  return true;
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
