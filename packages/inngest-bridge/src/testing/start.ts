import type { FunctionDefinition } from "./definition.ts";
import { addCall } from "./due.ts";
import { momentOf } from "./duration.ts";
import { eventPayload, type RunEvents, type StoredEvent } from "./event.ts";
import { Run } from "./run.ts";
import type { World } from "./world.ts";

/** Starts a run of a function at its event's time, or now when that has passed or there are several. */
export function start(
  world: World,
  definition: FunctionDefinition,
  events: RunEvents,
  options: { readonly rerunOf?: string } = {},
): Run {
  const now = world.clock.now();
  const run = new Run({
    id: world.random.ulid(now),
    definition,
    events,
    startedAt: now,
    priorityMs: priorityOf(definition, events[0]),
    ...options,
  });
  world.runs.set(run.id, run);
  watchCancellations(world, run);
  run.jobIds.add("start");
  const isOnTime = options.rerunOf !== undefined || events.length > 1;
  const at = isOnTime ? now : Math.max(now, events[0].ts);
  const job = { kind: "call", runId: run.id, attempt: 0, id: "start" } as const;
  addCall(world, at, job, run.priorityMs);
  const { start: patience } = definition.flow.timeouts;
  if (patience !== undefined) {
    world.agenda.add(at + patience, { kind: "timeout", runId: run.id, of: "start" });
  }
  return run;
}

/** Begins to count the time in which a run must finish, at its first call. */
export function watchFinish(world: World, run: Run): void {
  const { finish } = run.definition.flow.timeouts;
  if (finish === undefined) return;
  world.agenda.add(world.clock.now() + finish, { kind: "timeout", runId: run.id, of: "finish" });
}

/** Seconds: twelve hours, whatever the SDK says of ten minutes. */
const mostPriority = 43_200;

function priorityOf({ flow: { priority } }: FunctionDefinition, event: StoredEvent): number {
  // What is no whole number of CEL counts as none, and nobody is told.
  const seconds = priority?.whole({ event: eventPayload(event) }) ?? 0;
  return Math.min(Math.max(seconds, -mostPriority), mostPriority) * 1000;
}

/** A cancellation without a timeout of its own is watched for as long as a run may last. */
const cancelForMs = 366 * 86_400_000;

function watchCancellations(world: World, run: Run): void {
  const now = world.clock.now();
  for (const rule of run.definition.cancelOn) {
    world.waits.add({
      runId: run.id,
      kind: "cancel",
      on: rule.event,
      ...(rule.condition === undefined ? {} : { condition: rule.condition }),
      until: rule.timeout === undefined ? now + cancelForMs : momentOf(rule.timeout, now),
      race: false,
    });
  }
}
