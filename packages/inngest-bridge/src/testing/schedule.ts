import { admit } from "./admission.ts";
import type { Job } from "./agenda.ts";
import { nextCron } from "./cron.ts";
import type { World } from "./world.ts";

/** Plans the next firing of a cron trigger. */
export function planCron(world: World, functionId: string, cron: string): void {
  world.agenda.add(nextCron(cron, world.clock.now()), { kind: "cron", functionId, cron });
}

/** Starts a run of a cron trigger and plans its next firing. */
export function fireCron(
  world: World,
  { functionId, cron }: Extract<Job, { readonly kind: "cron" }>,
): void {
  const definition = world.functions.get(functionId);
  if (definition === undefined || !definition.crons.includes(cron)) return;
  const now = world.clock.now();
  // As the server names it: every function that fires now gets an event of this id.
  const id = inSeconds(now);
  const event = {
    internalId: world.random.ulid(now),
    name: "inngest/scheduled.timer",
    data: { cron, fireAt: id, scheduledAt: id },
    id,
    ts: now,
    user: {},
  };
  world.events.push(event);
  admit(world, definition, event);
  planCron(world, functionId, cron);
}

/** A time as the server writes it: without a fraction of a second. */
function inSeconds(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/u, "Z");
}
