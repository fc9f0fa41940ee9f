import { admit } from "./admission.ts";
import type { FunctionDefinition } from "./definition.ts";
import { type EventInput, eventPayload, type StoredEvent } from "./event.ts";
import { finish } from "./finish.ts";
import { resume } from "./progress.ts";
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
 * Ends the waits and the runs that the event ends, then starts the functions that it triggers, as their flow control allows.
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
    if (isTriggered(definition, event)) admit(world, definition, event);
  }
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
