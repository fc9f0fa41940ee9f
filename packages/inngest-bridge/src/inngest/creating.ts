import { type InngestFunction, StepError } from "inngest";
import { crossing } from "../steps/failure.ts";
import type { Bridge, FunctionContext } from "./bridge.ts";

/** What `createFunction` takes and gives, without the inference that only written-out functions need. */
export type CreateFunction = (
  options: Readonly<Record<string, unknown>>,
  handler: (context: FunctionContext) => Promise<unknown>,
) => InngestFunction.Any;

/** Retries of a step when nothing else is said: what `@ziro-agent/inngest` has. */
export const RETRIES = 3;

/** What a handler throws, but for the SDK's own errors, which it knows by identity, reaches the server as it can be kept, and is retried only where that may help. */
export async function crossed<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw error instanceof StepError ? error : crossing(error);
  }
}

/** Makes functions of a client. */
export function functionOn(inngest: Bridge["inngest"]): CreateFunction {
  return (options, handler) =>
    (inngest.createFunction as unknown as CreateFunction).call(inngest, options, handler);
}
