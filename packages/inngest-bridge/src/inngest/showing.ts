import type { Inngest, Middleware } from "inngest";
import { perdureMiddleware } from "../steps/middleware.ts";
import type { FunctionOptions } from "./contract.ts";

/**
 * Whether steps show their input when nothing is said. Not where a middleware has its hands on what steps give: it may keep secret what Inngest is told, and the inputs of steps pass it by as they are
 * (`@inngest/middleware-encryption` 2 leaves those of `step.run` alone).
 */
export function mayShowInputs(client: Inngest.Any, { middleware = [] }: FunctionOptions): boolean {
  const all = [...client.middleware, ...middleware];
  return !all.some((one) => one !== perdureMiddleware && changesSteps(client, one));
}

function changesSteps(client: Inngest.Any, Made: Middleware.Class): boolean {
  const made = new Made({ client });
  return made.wrapStepHandler !== undefined || made.wrapStep !== undefined;
}
