import { canonicalText, wellFormed } from "./canonical.ts";
import type { FunctionDefinition } from "./definition.ts";
import { eventPayload, type RunEvents, type StoredEvent } from "./event.ts";
import type { Expression } from "./expression.ts";
import { finish } from "./finish.ts";
import { takeRate } from "./rate.ts";
import type { SingletonRule } from "./rules.ts";
import { start } from "./start.ts";
import type { World } from "./world.ts";

/** An event that triggers a function: starts a run of it, now or later, or none, as its options say. */
export function admit(world: World, definition: FunctionDefinition, event: StoredEvent): void {
  const { batch, debounce } = definition.flow;
  const scope = { event: eventPayload(event) };
  if (batch !== undefined && batch.condition?.holds(scope) !== false) {
    gather(world, definition, event);
  } else if (isLimited(world, definition, event)) {
    return;
  } else if (debounce !== undefined) postpone(world, definition, event);
  else begin(world, definition, [event], event.id);
}

/** A debounce's time has come: starts the run of its event, unless a later one has taken its place. */
export function endDebounce(world: World, key: string, eventId: string): void {
  const debounced = world.flow.debounces.get(key);
  if (debounced?.event.internalId !== eventId) return;
  world.flow.debounces.delete(key);
  const definition = world.functions.get(debounced.functionId);
  if (definition !== undefined) begin(world, definition, [debounced.event]);
}

/** The batch that an event began is full, or has waited long enough: starts its run, once. */
export function endBatch(world: World, key: string, eventId: string): void {
  const batch = world.flow.batches.get(key);
  if (batch?.events[0].internalId !== eventId) return;
  world.flow.batches.delete(key);
  const definition = world.functions.get(batch.functionId);
  if (definition !== undefined) begin(world, definition, batch.events);
}

/** The key under which a rule counts an event; none where its expression is false. */
export function flowKey(
  definition: FunctionDefinition,
  { key }: { readonly key?: Expression },
  event: StoredEvent,
): string | undefined {
  const value = key?.value({ event: eventPayload(event) });
  if (value === false) return undefined;
  return value === undefined
    ? definition.id
    : `${definition.id} ${canonicalText(wellFormed(value))}`;
}

function isLimited(world: World, definition: FunctionDefinition, event: StoredEvent): boolean {
  const { rateLimit } = definition.flow;
  if (rateLimit === undefined || hasStarted(world, definition, event.id)) return false;
  const key = flowKey(definition, rateLimit, event);
  const now = world.clock.now();
  return key !== undefined && takeRate(world.flow.rates, key, rateLimit, now) !== undefined;
}

function postpone(world: World, definition: FunctionDefinition, event: StoredEvent): void {
  const { debounce } = definition.flow;
  if (debounce === undefined) return;
  const { periodMs, timeoutMs = Number.POSITIVE_INFINITY } = debounce;
  const key = flowKey(definition, debounce, event) ?? definition.id;
  const before = world.flow.debounces.get(key);
  if (before !== undefined && before.event.ts > event.ts) return;
  const now = world.clock.now();
  const until = before?.until ?? now + timeoutMs;
  const at = Math.min(now + periodMs, until);
  world.flow.debounces.set(key, { functionId: definition.id, event, until });
  world.agenda.add(at, { kind: "debounce", key, eventId: event.internalId });
}

function gather(world: World, definition: FunctionDefinition, event: StoredEvent): void {
  const { batch } = definition.flow;
  if (batch === undefined) return;
  const key = flowKey(definition, batch, event) ?? definition.id;
  const before = world.flow.batches.get(key);
  if (before?.events.some(({ id }) => id === event.id) === true) return;
  const events: RunEvents = before === undefined ? [event] : [...before.events, event];
  world.flow.batches.set(key, { functionId: definition.id, events });
  const eventId = events[0].internalId;
  if (events.length >= batch.maxSize) endBatch(world, key, eventId);
  else if (before === undefined) {
    world.agenda.add(world.clock.now() + batch.timeoutMs, { kind: "batch", key, eventId });
  }
}

/** Starts a run unless a singleton's holder or an event id that was used before says no. */
function begin(
  world: World,
  definition: FunctionDefinition,
  events: RunEvents,
  once?: string,
): void {
  const { singleton } = definition.flow;
  const key = singleton === undefined ? undefined : flowKey(definition, singleton, events[0]);
  if (key !== undefined && !isFree(world, key, singleton)) return;
  if (once !== undefined) {
    if (hasStarted(world, definition, once)) return;
    world.starts.set(`${definition.id} ${once}`, world.clock.now() + world.limits.dedupeMs);
  }
  const run = start(world, definition, events);
  if (key !== undefined) world.flow.singletons.set(key, run.id);
}

/** Whether a singleton's key has no run, after its run was cancelled where the rule says so. */
function isFree(world: World, key: string, rule: SingletonRule | undefined): boolean {
  const holder = world.runs.get(world.flow.singletons.get(key) ?? "");
  if (holder?.status !== "Running") return true;
  if (rule?.mode !== "cancel") return false;
  finish(world, holder, { status: "Cancelled" });
  return true;
}

function hasStarted(world: World, definition: FunctionDefinition, eventId: string): boolean {
  const until = world.starts.get(`${definition.id} ${eventId}`) ?? Number.NEGATIVE_INFINITY;
  return until > world.clock.now();
}
