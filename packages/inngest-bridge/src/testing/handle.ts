import { isObject, type Json, textOf } from "./canonical.ts";
import { momentOf } from "./duration.ts";
import { TestInngestError } from "./errors.ts";
import type { StoredEvent } from "./event.ts";
import { readExpression } from "./expression.ts";
import { finish, serverError } from "./finish.ts";
import { start } from "./intake.ts";
import { isResult, memoText, type Operation, outputBytes } from "./operation.ts";
import { discover, planStep, resume } from "./progress.ts";
import type { Run } from "./run.ts";
import { findWait } from "./waits.ts";
import type { World } from "./world.ts";

/** How the call ended for its job: done with, or to be made again. */
export type Handled = "done" | "retry";

/**
 * Carries out the operations of one answer: waits first, the rest in order. `mayRetry` says
 * whether the call has an attempt left for a step that failed.
 */
export function handleOperations(
  world: World,
  run: Run,
  operations: readonly Operation[],
  mayRetry: boolean,
): Handled {
  if (operations.length > world.limits.opsPerResponse) {
    finish(world, run, { status: "Failed", error: stepOverflow(world) });
    return "done";
  }
  if (operations.length > 1) run.forcePlan = true;
  for (const { id, name, op } of operations) run.label(id, { name, op });
  awaitParallel(run, operations);
  const waits = operations.filter(({ op }) => op === "WaitForEvent");
  let handled: Handled = "done";
  for (const operation of [...waits, ...operations.filter(({ op }) => op !== "WaitForEvent")]) {
    if (run.status !== "Running") break;
    if (handle(world, run, operation, mayRetry) === "retry") handled = "retry";
  }
  return handled;
}

/** The error of a run that has used up its steps. */
export function stepOverflow(world: World): ReturnType<typeof serverError> {
  const message = `The function run exceeded the step limit of ${world.limits.steps} steps.`;
  const name = "InngestErrFunctionOverflowed";
  const text = JSON.stringify({ error: { error: "function has too many steps", name, message } });
  return { error: text, name: "Error", message: text };
}

export function stateOverflow(world: World): ReturnType<typeof serverError> {
  const message = `The function run exceeded the state size limit of ${world.limits.stateBytes} bytes.`;
  const name = "InngestErrStateOverflowed";
  return serverError(name, message, { error: name, inner: `${name}: ${message}` });
}

function awaitParallel(run: Run, operations: readonly Operation[]): void {
  if (operations.length < 2 || !operations.some(({ op }) => op === "StepPlanned")) return;
  run.pending.clear();
  for (const { id } of operations) if (!run.isSaved(id)) run.pending.add(id);
}

function handle(world: World, run: Run, operation: Operation, mayRetry: boolean): Handled {
  if (isResult(operation)) return saveResult(world, run, operation);
  switch (operation.op) {
    case "StepError":
      return mayRetry ? "retry" : saveFailure(world, run, operation);
    case "StepFailed":
      return saveFailure(world, run, operation);
    case "StepPlanned":
      planStep(world, run, operation.id);
      return "done";
    case "Sleep":
      return sleep(world, run, operation);
    case "WaitForEvent":
      return waitForEvent(world, run, operation);
    case "InvokeFunction":
      return invoke(world, run, operation);
    case "RunComplete":
      finish(world, run, { status: "Completed", output: operation.data });
      return "done";
    case "DiscoveryRequest":
    case "None":
      discover(world, run, operation.id, isRace(operation));
      return "done";
    default:
      return refuse(world, run, operation);
  }
}

function saveResult(world: World, run: Run, operation: Operation): Handled {
  if (run.stateBytes + outputBytes(operation) > world.limits.stateBytes) {
    finish(world, run, { status: "Failed", error: stateOverflow(world) });
    return "done";
  }
  run.save(operation.id, memoText(operation));
  discover(world, run, operation.id, isRace(operation));
  return "done";
}

function saveFailure(world: World, run: Run, operation: Operation): Handled {
  run.save(operation.id, memoText(operation));
  discover(world, run, operation.id, isRace(operation));
  return "done";
}

function sleep(world: World, run: Run, operation: Operation): Handled {
  const { id, opts, wireName } = operation;
  const length = typeof opts["duration"] === "string" ? opts["duration"] : wireName;
  if (isNew(run, `sleep:${id}`)) {
    world.agenda.add(momentOf(length, world.clock.now()), {
      kind: "wake",
      runId: run.id,
      step: id,
      race: isRace(operation),
    });
  }
  return "done";
}

function waitForEvent(world: World, run: Run, operation: Operation): Handled {
  const { opts, wireName } = operation;
  const source = opts["if"];
  try {
    const condition = typeof source === "string" ? { condition: readExpression(source) } : {};
    wait(world, run, operation, {
      kind: "event",
      on: textOf(opts["event"], wireName),
      ...condition,
    });
  } catch (error) {
    return refuse(world, run, operation, error);
  }
  return "done";
}

function invoke(world: World, run: Run, operation: Operation): Handled {
  const { id, opts } = operation;
  const correlation = `${run.id}.${id}`;
  if (!wait(world, run, operation, { kind: "invoke", on: correlation })) return "done";
  const functionId = textOf(opts["function_id"]);
  const definition = world.functions.get(functionId);
  if (definition === undefined) {
    const found = findWait(world, run.id, id);
    const message = `could not find function with ID: ${functionId}`;
    if (found !== undefined) resume(world, found, { error: { name: "Error", message } });
    return "done";
  }
  const event = invocationEvent(world, operation, functionId, correlation);
  world.events.push(event);
  start(world, definition, event);
  return "done";
}

function invocationEvent(
  world: World,
  { opts, name }: Operation,
  functionId: string,
  correlation: string,
): StoredEvent {
  const payload = isObject(opts["payload"]) ? opts["payload"] : {};
  const data = isObject(payload["data"]) ? payload["data"] : {};
  const now = world.clock.now();
  const internalId = world.random.ulid(now);
  return {
    internalId,
    name: "inngest/function.invoked",
    data: { ...data, _inngest: { fn_id: functionId, correlation_id: correlation, name } },
    id: internalId,
    ts: now,
    user: isObject(payload["user"]) ? payload["user"] : {},
  };
}

/** A wait without a timeout lasts a year. */
const waitForMs = 366 * 86_400_000;

function wait(
  world: World,
  run: Run,
  operation: Operation,
  what: {
    readonly kind: "event" | "invoke";
    readonly on: string;
    readonly condition?: ReturnType<typeof readExpression>;
  },
): boolean {
  const { id, opts } = operation;
  if (!isNew(run, `wait:${id}`)) return false;
  const now = world.clock.now();
  const timeout = opts["timeout"];
  const until =
    typeof timeout === "string" && timeout !== "" ? momentOf(timeout, now) : now + waitForMs;
  world.waits.add({ runId: run.id, step: id, until, race: isRace(operation), ...what });
  world.agenda.add(until, { kind: "expire", runId: run.id, step: id });
  return true;
}

function isNew(run: Run, id: string): boolean {
  if (run.jobIds.has(id)) return false;
  run.jobIds.add(id);
  return true;
}

function isRace({ opts }: Operation): boolean {
  return opts["parallelMode"] === "race";
}

function refuse(world: World, run: Run, operation: Operation, cause?: unknown): Handled {
  const problem =
    cause instanceof TestInngestError
      ? cause
      : new TestInngestError(
          "UNSUPPORTED_OPCODE",
          `The in-process Inngest does not model "${operation.op}" yet, which the step "${operation.name}" asks for.`,
          { cause },
        );
  world.problems.push(problem);
  finish(world, run, { status: "Failed", error: serverError(problem.name, problem.message) });
  return "done";
}

/** What a memoised wait holds when its time has run out. */
export function expired(kind: "event" | "invoke" | "cancel"): Json {
  if (kind !== "invoke") return null;
  const name = "InngestInvokeTimeoutError";
  const message = "Timed out waiting for invoked function to complete";
  return { error: { error: `${name}: ${message}`, name, message } };
}
