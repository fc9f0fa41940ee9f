import { Middleware, NonRetriableError, RetryAfterError } from "inngest";
import { insideStep, stepAt, withStep } from "./ambient.ts";
import { withKept } from "./kept.ts";
import { useRetryErrors } from "./retryErrors.ts";
import type { StepTools } from "./tools.ts";

// Whoever has this module has Inngest: from here on steps throw what it knows.
useRetryErrors({ NonRetriableError, RetryAfterError });

/**
 * Makes the running step, and the tools to make steps, known to `currentStep` and `durable` in an Inngest function. `createInngestAgent` adds it to its own functions;
 * others take it in their `middleware` option.
 *
 * It awaits nothing before a step is handed on, so parallel steps are still found together.
 */
export class perdureMiddleware extends Middleware.BaseMiddleware {
  override readonly id: string = "perdure";

  #kept: ReadonlySet<string> = new Set();

  override transformFunctionInput(
    input: Middleware.TransformFunctionInputArgs,
  ): Middleware.TransformFunctionInputArgs {
    const ended = Object.entries(input.steps).filter(([, { type }]) => type !== "input");
    this.#kept = new Set(ended.map(([hash]) => hash));
    return input;
  }

  override async wrapFunctionHandler({
    ctx,
    next,
  }: Middleware.WrapFunctionHandlerArgs): Promise<unknown> {
    return withKept(this.#kept, async () => withStep(ctx.step as unknown as StepTools, next));
  }

  override async wrapStepHandler({
    ctx,
    stepInfo,
    next,
  }: Middleware.WrapStepHandlerArgs): Promise<unknown> {
    const { runId: execution, attempt, maxAttempts } = ctx;
    const limit = maxAttempts === undefined ? {} : { maxAttempts };
    return insideStep(stepAt({ execution, id: stepInfo.hashedId, attempt, ...limit }), next);
  }
}
