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
  const id = world.random.ulid(now);
  const event = {
    internalId: id,
    name: "inngest/scheduled.timer",
    data: { cron },
    id,
    ts: now,
    user: {},
  };
  world.events.push(event);
  admit(world, definition, event);
  planCron(world, functionId, cron);
}
