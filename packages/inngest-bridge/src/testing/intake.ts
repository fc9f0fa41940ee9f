import type { FunctionDefinition } from "./definition.ts";
import { momentOf } from "./duration.ts";
import { type EventInput, eventPayload, type StoredEvent } from "./event.ts";
import { finish } from "./finish.ts";
import { resume } from "./progress.ts";
import { Run } from "./run.ts";
import { waitsFor } from "./waits.ts";
import type { World } from "./world.ts";

/** Gives an event that came from outside its id and its time, and takes it in. */
export function acceptEvent(world: World, input: EventInput, internalId: string): StoredEvent {
  const event: StoredEvent = {
    internalId,
    name: input.name,
    data: input.data ?? {},
    id: input.id === undefined || input.id === "" ? internalId : input.id,
    ts: input.ts === undefined || input.ts === 0 ? world.clock.now() : input.ts,
    user: input.user ?? {},
    ...(input.v === undefined ? {} : { v: input.v }),
  };
  receive(world, event);
  return event;
}

/**
 * Ends the waits and the runs that the event ends, then starts the functions that it triggers.
 * A wait that begins later never sees it.
 */
export function receive(world: World, event: StoredEvent): void {
  world.events.push(event);
  for (const wait of waitsFor(world, event)) {
    if (wait.kind === "event") resume(world, wait, eventPayload(event));
    const run = world.runs.get(wait.runId);
    if (wait.kind === "cancel" && run !== undefined) finish(world, run, { status: "Cancelled" });
  }
  for (const definition of world.functions.values()) {
    if (isTriggered(definition, event)) startOnce(world, definition, event);
  }
}

/** Starts a run of a function at the event's time, or now when that has passed. */
export function start(
  world: World,
  definition: FunctionDefinition,
  event: StoredEvent,
  options: { readonly rerunOf?: string } = {},
): Run {
  const now = world.clock.now();
  const run = new Run({
    id: world.random.ulid(now),
    definition,
    event,
    startedAt: now,
    ...options,
  });
  world.runs.set(run.id, run);
  watchCancellations(world, run);
  run.jobIds.add("start");
  world.agenda.add(Math.max(now, options.rerunOf === undefined ? event.ts : now), {
    kind: "call",
    runId: run.id,
    attempt: 0,
    id: "start",
  });
  return run;
}

function isTriggered(definition: FunctionDefinition, event: StoredEvent): boolean {
  return definition.triggers.some(
    (trigger) =>
      matchesName(trigger.event, event.name) &&
      (trigger.condition === undefined || trigger.condition.holds({ event: eventPayload(event) })),
  );
}

function matchesName(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

function startOnce(world: World, definition: FunctionDefinition, event: StoredEvent): void {
  const key = `${definition.id} ${event.id}`;
  const now = world.clock.now();
  if ((world.starts.get(key) ?? Number.NEGATIVE_INFINITY) > now) return;
  world.starts.set(key, now + world.limits.dedupeMs);
  start(world, definition, event);
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
