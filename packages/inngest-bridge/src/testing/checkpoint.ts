import { isObject, type Json, textOf } from "./canonical.ts";
import { isResult, memoText, outputBytes, readOperations } from "./operation.ts";
import type { Run } from "./run.ts";
import type { World } from "./world.ts";

export interface CheckpointAnswer {
  readonly status: number;
  readonly body: Json;
}

/**
 * Saves the steps that the SDK ran while it works on a call; what is saved already stays. A run
 * that has ended, or is unknown, answers 400; too much data 413.
 */
export function saveCheckpoint(world: World, run: Run | undefined, body: Json): CheckpointAnswer {
  if (run === undefined || run.status !== "Running")
    return { status: 400, body: { error: "run not found", status: 400 } };
  const steps = isObject(body) ? readOperations(body["steps"] ?? []) : [];
  const bytes = steps.reduce((total, step) => total + outputBytes(step), 0);
  if (run.stateBytes + bytes > world.limits.stateBytes)
    return tooLarge("run state size limit exceeded");
  for (const step of steps) {
    if (step.op === "StepPlanned") continue;
    if (!isResult(step))
      return { status: 400, body: { error: `cannot checkpoint opcode: ${step.op}`, status: 400 } };
    if (outputBytes(step) > world.limits.stepOutputBytes)
      return tooLarge(`step ${step.id} output too large`);
    run.label(step.id, { name: step.name, op: step.op });
    run.save(step.id, memoText(step));
  }
  noteSteps(
    world,
    body,
    steps.map(({ name }) => name),
  );
  return { status: 200, body: null };
}

function noteSteps(world: World, body: Json, names: readonly string[]): void {
  const requestId = isObject(body) ? textOf(body["request_id"]) : "";
  const index = Number(requestId.slice(requestId.lastIndexOf(":") + 1));
  world.requests[index]?.checkpointed.push(...names);
}

function tooLarge(message: string): CheckpointAnswer {
  return { status: 413, body: { error: message, status: 413 } };
}
