import { endBatch, endDebounce } from "./admission.ts";
import type { Job } from "./agenda.ts";
import { expired } from "./await.ts";
import { fireCron } from "./schedule.ts";
import { finish } from "./finish.ts";
import { receive } from "./intake.ts";
import { discover, resume } from "./progress.ts";
import { findWait } from "./waits.ts";
import type { World } from "./world.ts";

type Due = Exclude<Job, { readonly kind: "call" }>;

/** Does what has come due, other than a call of an app. */
export function doJob(world: World, job: Due): void {
  const work = works[job.kind] as (within: World, one: Due) => void;
  work(world, job);
}

const works: {
  readonly [K in Due["kind"]]: (world: World, job: Extract<Due, { readonly kind: K }>) => void;
} = {
  event: (world, { event }) => receive(world, event),
  cron: fireCron,
  debounce: (world, { key, eventId }) => endDebounce(world, key, eventId),
  batch: (world, { key, eventId }) => endBatch(world, key, eventId),
  timeout: (world, { runId, of }) => {
    const run = world.runs.get(runId);
    const isLate = of === "finish" || run?.requests === 0;
    if (run !== undefined && isLate) finish(world, run, { status: "Cancelled" });
  },
  wake: (world, { runId, step, race }) => {
    const run = world.runs.get(runId);
    if (run === undefined || run.status !== "Running") return;
    run.save(step, "null");
    discover(world, run, step, race);
  },
  expire: (world, { runId, step }) => {
    const wait = findWait(world, runId, step);
    if (wait !== undefined) resume(world, wait, expired(wait.kind));
  },
};
