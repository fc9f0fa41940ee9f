import { momentOf } from "./duration.ts";
import { TestInngestError } from "./errors.ts";
import { finish } from "./finish.ts";
import { invoke, waitForEvent, waitForSignal } from "./await.ts";
import { type GatewayAnswer, isGateway } from "./gateway.ts";
import { isRace, isResult, labelOf, memoText, type Operation, outputBytes } from "./operation.ts";
import { planOverflow, serverFailure, stateOverflow } from "./overflow.ts";
import { discover, once, planStep } from "./progress.ts";
import type { Run } from "./run.ts";
import type { World } from "./world.ts";

/** How an answer leaves its job: done with, or to be done again. */
export type Handled = "done" | "retry";

/** What is left of an answer once its operations have been carried out. */
export interface Leftover {
  readonly handled: Handled;
  /** Operations for which the server has to ask somebody else first. */
  readonly gateways: readonly Operation[];
}

interface Situation {
  /** Whether the call has an attempt left for a step that failed. */
  readonly mayRetry: boolean;
  /** The step that the call followed. */
  readonly from: string | undefined;
  /** The size of the run's state when the call was made, by which the server judges its answer. */
  readonly stateBytes: number;
}

/**
 * Carries out the operations of one answer. Nothing else happens between them, so that no event
 * of a step comes before a wait that was reported beside it.
 */
export function handleOperations(
  world: World,
  run: Run,
  operations: readonly Operation[],
  situation: Situation,
): Leftover {
  if (operations.length > world.limits.opsPerResponse) {
    finish(world, run, planOverflow(world));
    return { handled: "done", gateways: [] };
  }
  if (operations.length === 0) discover(world, run, `again:${run.requests}`, false);
  if (operations.length > 1) run.forcePlan = true;
  for (const operation of operations) run.label(operation.id, labelOf(operation));
  awaitParallel(run, operations);
  let handled: Handled = "done";
  for (const operation of operations.filter((one) => !isGateway(one))) {
    if (run.status !== "Running") break;
    if (handleOne(world, run, operation, situation) === "retry") handled = "retry";
  }
  const gateways = operations.filter((one) => isGateway(one) && !run.isSaved(one.id));
  return { handled, gateways: run.status === "Running" ? gateways : [] };
}

/** Memoises what a gateway said; an error is a reason to call again while an attempt is left. */
export function handleGateway(
  world: World,
  run: Run,
  operation: Operation,
  {
    answer: { failed, text },
    mayRetry,
  }: { readonly answer: GatewayAnswer; readonly mayRetry: boolean },
): Handled {
  if (failed && mayRetry) return "retry";
  run.save(operation.id, text);
  discover(world, run, operation.id, isRace(operation));
  return "done";
}

/** A test asked for what cannot be had: `settle` says so, and the run fails. */
export function giveUp(world: World, run: Run, error: TestInngestError): void {
  world.problems.push(error);
  finish(world, run, serverFailure(error.name, error.message));
}

/** Steps that were planned together must all have ended before the function is called again. */
function awaitParallel(run: Run, operations: readonly Operation[]): void {
  if (operations.length < 2 || !operations.some(({ op }) => op === "StepPlanned")) return;
  run.pending.clear();
  for (const { id } of operations) if (!run.isSaved(id)) run.pending.add(id);
}

type Handler = (
  world: World,
  run: Run,
  operation: Operation,
  situation: Situation,
) => Handled | void;

const handlers: { readonly [op: string]: Handler } = {
  StepRun: saveResult,
  Step: saveResult,
  StepError: (world, run, operation, { mayRetry }) =>
    mayRetry ? "retry" : saveAndGoOn(world, run, operation),
  StepFailed: saveAndGoOn,
  StepPlanned: (world, run, { id }, { from }) => planStep(world, run, id, from),
  Sleep: sleep,
  WaitForEvent: waitForEvent,
  WaitForSignal: waitForSignal,
  InvokeFunction: invoke,
  RunComplete: (world, run, { data }) => finish(world, run, { status: "Completed", output: data }),
  DiscoveryRequest: (world, run, operation) =>
    discover(world, run, operation.id, isRace(operation)),
};

function handleOne(world: World, run: Run, operation: Operation, situation: Situation): Handled {
  const handler = handlers[operation.op];
  try {
    if (handler === undefined) throw unsupported(operation);
    return handler(world, run, operation, situation) ?? "done";
  } catch (error) {
    if (!(error instanceof TestInngestError)) throw error;
    giveUp(world, run, error);
    return "done";
  }
}

function saveResult(world: World, run: Run, operation: Operation, { stateBytes }: Situation): void {
  const isTooMuch = stateBytes + outputBytes(operation) > world.limits.stateBytes;
  if (isResult(operation) && isTooMuch) finish(world, run, stateOverflow(world));
  else saveAndGoOn(world, run, operation);
}

function saveAndGoOn(world: World, run: Run, operation: Operation): undefined {
  run.save(operation.id, memoText(operation));
  discover(world, run, operation.id, isRace(operation));
}

function sleep(world: World, run: Run, operation: Operation): void {
  const { id, wireName } = operation;
  if (!once(run, `sleep:${id}`)) return;
  const at = momentOf(wireName, world.clock.now());
  world.agenda.add(at, { kind: "wake", runId: run.id, step: id, race: isRace(operation) });
}

function unsupported({ name, op }: Operation): TestInngestError {
  return new TestInngestError(
    "UNSUPPORTED_OPCODE",
    `The in-process Inngest does not model "${op}" yet, which the step "${name}" asks for.`,
  );
}
