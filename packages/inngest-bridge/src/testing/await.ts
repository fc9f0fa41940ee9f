import { admit } from "./admission.ts";
import { isObject, type Json, textOf } from "./canonical.ts";
import { momentOf } from "./duration.ts";
import type { StoredEvent } from "./event.ts";
import { readExpression } from "./expression.ts";
import { finish } from "./finish.ts";
import { isRace, type Operation } from "./operation.ts";
import { serverFailure } from "./overflow.ts";
import { once, resume } from "./progress.ts";
import { wireId } from "./request.ts";
import type { Run } from "./run.ts";
import { waitingFor } from "./signal.ts";
import type { Wait } from "./wait.ts";
import type { World } from "./world.ts";

/** Begins a wait for an event; the same step's wait begins once. */
export function waitForEvent(world: World, run: Run, operation: Operation): void {
  const { opts, wireName } = operation;
  const source = opts["if"];
  begin(world, run, operation, {
    kind: "event",
    on: textOf(opts["event"], wireName),
    ...(typeof source === "string" ? { condition: readExpression(source) } : {}),
  });
}

/**
 * Begins a wait for a signal. One that waits for it already fails this run past any catch, or, with
 * `replace`, waits on in vain.
 */
export function waitForSignal(world: World, run: Run, operation: Operation): void {
  const signal = textOf(operation.opts["signal"]);
  const other = waitingFor(world, signal);
  const wait = begin(world, run, operation, { kind: "signal", on: signal });
  if (wait === undefined) return;
  if (other === undefined || operation.opts["conflict"] === "replace") {
    world.signals.set(signal, wait);
    return;
  }
  const message = "Signal conflict; signal wait already exists for another run";
  finish(world, run, serverFailure("Error", message, { inner: `Error: ${message}` }));
}

/** Starts a run of another function and waits for its end. */
export function invoke(world: World, run: Run, operation: Operation): void {
  const correlation = `${run.id}.${operation.id}`;
  const wait = begin(world, run, operation, { kind: "invoke", on: correlation });
  if (wait === undefined) return;
  const functionId = textOf(operation.opts["function_id"]);
  const definition = world.functions.get(functionId);
  if (definition === undefined) {
    const message = `could not find function with ID: ${functionId}`;
    resume(world, wait, { error: { name: "Error", message } });
    return;
  }
  const event = invocationEvent(world, run, operation, wait);
  world.events.push(event);
  admit(world, definition, event);
}

/** What a memoised wait holds when its time has run out. */
export function expired(kind: Wait["kind"]): Json {
  if (kind !== "invoke") return null;
  const name = "InngestInvokeTimeoutError";
  const message = "Timed out waiting for invoked function to complete";
  return { error: { error: `${name}: ${message}`, name, message } };
}

/** A wait without a timeout lasts a year. */
const waitForMs = 366 * 86_400_000;

function begin(
  world: World,
  run: Run,
  operation: Operation,
  what: Pick<Wait, "kind" | "on" | "condition">,
): Wait | undefined {
  const { id, opts } = operation;
  if (!once(run, `wait:${id}`)) return undefined;
  const now = world.clock.now();
  const timeout = textOf(opts["timeout"]);
  const until = timeout === "" ? now + waitForMs : momentOf(timeout, now);
  const wait = { runId: run.id, step: id, until, race: isRace(operation), ...what };
  world.waits.add(wait);
  world.agenda.add(until, { kind: "expire", runId: run.id, step: id });
  return wait;
}

function invocationEvent(
  world: World,
  run: Run,
  { opts, name }: Operation,
  wait: Wait,
): StoredEvent {
  const payload = isObject(opts["payload"]) ? opts["payload"] : {};
  const data = isObject(payload["data"]) ? payload["data"] : {};
  const now = world.clock.now();
  const internalId = world.random.ulid(now);
  const { appId, id } = run.definition;
  const about = {
    correlation_id: wait.on,
    expire: wait.until,
    fn_id: textOf(opts["function_id"]),
    gid: wireId(wait.on),
    name,
    source_app_id: wireId(appId),
    source_fn_id: wireId(id),
    source_fn_v: 1,
  };
  return {
    internalId,
    name: "inngest/function.invoked",
    data: { ...data, _inngest: about },
    id: internalId,
    ts: now,
    user: isObject(payload["user"]) ? payload["user"] : {},
  };
}
