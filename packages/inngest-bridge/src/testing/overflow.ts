import type { Json } from "./canonical.ts";
import type { RunError } from "./run.ts";
import type { World } from "./world.ts";

/** A failure that the server itself found. */
export interface ServerFailure {
  readonly status: "Failed";
  readonly error: RunError;
  readonly output?: Json;
}

/** An error of the server's own, as it reaches `onFailure`: JSON text in `message`. */
export function serverFailure(
  name: string,
  message: string,
  options: { readonly error?: string; readonly inner?: string } = {},
): ServerFailure {
  const { error = message, inner = message } = options;
  const text = JSON.stringify({ error: { error: inner, name, message } });
  return { status: "Failed", error: { error, name: "Error", message: text }, output: text };
}

/** The end of a run that has used up its steps. */
export function stepOverflow(world: World): ServerFailure {
  const name = "InngestErrFunctionOverflowed";
  const message = `The function run exceeded the step limit of ${world.limits.steps} steps.`;
  const text = JSON.stringify({ error: { error: "function has too many steps", name, message } });
  return { status: "Failed", error: { error: text, name: "Error", message: text } };
}

/** The end of a run that plans more steps at once than a run may have. */
export function planOverflow(world: World): ServerFailure {
  const name = "InngestErrFunctionOverflowed";
  const message = `The function run exceeded the step limit of ${world.limits.opsPerResponse} steps.`;
  return serverFailure(name, message, { error: name, inner: `${name}: ${message}` });
}

/** The end of a run whose memoised steps are too large. */
export function stateOverflow(world: World): ServerFailure {
  const name = "InngestErrStateOverflowed";
  const message = `The function run exceeded the state size limit of ${world.limits.stateBytes} bytes.`;
  return serverFailure(name, message, { error: name, inner: `${name}: ${message}` });
}
