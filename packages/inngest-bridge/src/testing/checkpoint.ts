import { isObject, type Json, textOf } from "./canonical.ts";
import { isResult, labelOf, memoText, outputBytes, readOperations } from "./operation.ts";
import type { Run } from "./run.ts";
import type { World } from "./world.ts";

export interface CheckpointAnswer {
  readonly status: number;
  readonly body?: Json;
}

/**
 * Saves the steps that the SDK ran while it works on a call; what is saved already stays. A run
 * that has ended, or is unknown, answers 400; too much data 413.
 */
export function saveCheckpoint(world: World, run: Run | undefined, body: Json): CheckpointAnswer {
  const fields = isObject(body) ? body : {};
  const runId = textOf(fields["run_id"]);
  if (run === undefined || run.status !== "Running")
    return refused(400, "run not found in state store", runId);
  const steps = readOperations(fields["steps"] ?? []).filter(({ op }) => op !== "StepPlanned");
  const bytes = steps.reduce((total, step) => total + outputBytes(step), 0);
  if (run.stateBytes + bytes > world.limits.stateBytes) {
    return refused(413, "run state size limit exceeded: state is too large", runId);
  }
  for (const step of steps) {
    if (!isResult(step)) return refused(400, `cannot checkpoint opcode: ${step.op}`, runId);
    if (outputBytes(step) > world.limits.stepOutputBytes) {
      const why = "step output size is greater than the limit";
      return refused(413, `step ${step.id} output too large: ${why}`, runId);
    }
    run.label(step.id, labelOf(step));
    run.save(step.id, memoText(step));
    world.recordOf.get(textOf(fields["request_id"]))?.checkpointed.push(step.name);
  }
  return { status: 200 };
}

function refused(status: number, error: string, runId: string): CheckpointAnswer {
  return { status, body: { error, data: { run_id: runId }, status } };
}
