import { byteLength, isObject, type Json, textOf, wellFormed } from "./canonical.ts";
import type { Limits } from "./limits.ts";
import type { Label, RunError } from "./run.ts";

/** One operation that the SDK reports. */
export interface Operation {
  readonly op: string;
  readonly id: string;
  /** The id that the code gave the step. */
  readonly name: string;
  /** The wire's own `name`: of a sleep it is the duration. */
  readonly wireName: string;
  readonly opts: { readonly [key: string]: Json | undefined };
  readonly data: Json;
  readonly error?: RunError;
}

/** Reads the operations of a 206 answer or of a checkpoint. */
export function readOperations(body: Json): readonly Operation[] {
  const ops = Array.isArray(body) ? body : [body];
  return ops.filter(isObject).map(readOperation);
}

function readOperation(op: { readonly [key: string]: Json | undefined }): Operation {
  return {
    op: textOf(op["op"], "None"),
    id: textOf(op["id"]),
    name: textOf(op["displayName"], textOf(op["name"], textOf(op["id"]))),
    wireName: textOf(op["name"]),
    opts: isObject(op["opts"]) ? op["opts"] : {},
    data: op["data"] ?? null,
    ...(isObject(op["error"]) ? { error: readError(op["error"]) } : {}),
  };
}

/**
 * What the server keeps of an error: name, message, stack and the cause as it stands. Only the cause
 * keeps a lone surrogate.
 */
export function readError(error: { readonly [key: string]: Json | undefined }): RunError {
  const { name, message, stack, cause } = error;
  const text = wellFormed({
    error: textOf(error["error"]),
    name: textOf(name),
    message: textOf(message),
    ...(typeof stack === "string" && stack !== "" ? { stack } : {}),
  });
  return cause === undefined ? text : { ...text, cause };
}

/** A step's result as it is memoised and measured. */
export function memoText(operation: Operation): string {
  if (operation.error === undefined) return JSON.stringify({ data: operation.data });
  const { name, message, stack, cause } = operation.error;
  return JSON.stringify({ error: { name, message, stack, cause } });
}

/** The function is called again as soon as one of the steps that race has ended. */
export function isRace({ opts }: Operation): boolean {
  return opts["parallelMode"] === "race";
}

/** Operations that carry the result of a step that has run. */
export function isResult(operation: Operation): boolean {
  return operation.op === "StepRun" || operation.op === "Step";
}

/** What a step that has run was given, as the server shows it: nothing where `step.run` got only its work. */
function inputOf(operation: Operation): Json | undefined {
  return isResult(operation) ? operation.opts["input"] : undefined;
}

/** What is shown of a step beside what it gave. */
export function labelOf(operation: Operation): Label {
  const { name, op } = operation;
  const input = inputOf(operation);
  return { name, op, ...(input === undefined ? {} : { input }) };
}

/** What of a step is larger than the server takes; it looks at the input first. */
export function tooLargeOf(
  operation: Operation,
  { stepInputBytes, stepOutputBytes }: Pick<Limits, "stepInputBytes" | "stepOutputBytes">,
): "input" | "output" | undefined {
  const input = inputOf(operation);
  if (input !== undefined && byteLength(JSON.stringify(input)) > stepInputBytes) return "input";
  return outputBytes(operation) > stepOutputBytes ? "output" : undefined;
}

/** Bytes of what a step gave, result or error, as the server measures it. */
export function outputBytes(operation: Operation): number {
  return isResult(operation) || operation.error !== undefined ? byteLength(memoText(operation)) : 0;
}
