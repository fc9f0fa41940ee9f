import { AsyncLocalStorage } from "node:async_hooks";
import { StorageError } from "@perdure/checkpoint-core";
import { crossing } from "./failure.ts";
import { decodeOutput, encodeOutput } from "./output.ts";
import type { StepTools } from "./tools.ts";

/** The step whose body is running. */
export interface CurrentStep {
  /** The execution that it belongs to: one Inngest run of one function. */
  readonly execution: string;
  /** What names the step in its execution: Inngest's hash of its id. */
  readonly id: string;
  /** 0 the first time. */
  readonly attempt: number;
  /** Attempts in all; unknown to servers that don't say. */
  readonly maxAttempts?: number;
  /** The next operation id of this step: execution, step and how many were taken before, so the same in every attempt. */
  operationId(): string;
}

/** Where the running code is: in a step's body, or in a function's, which has tools to make steps. */
interface Place {
  readonly step?: CurrentStep;
  readonly tools?: StepTools;
}

const places = new AsyncLocalStorage<Place>();

/** The step whose body the caller runs in; `undefined` outside of one, also beside one that runs at the same time. */
export function currentStep(): CurrentStep | undefined {
  return places.getStore()?.step;
}

/** Runs a function's body so that `durable` makes its steps with these tools. */
export function withStep<T>(tools: StepTools, body: () => T): T {
  return places.run({ tools }, body);
}

/** Runs a step's body so that `currentStep` knows it. */
export function insideStep<T>(step: CurrentStep, body: () => T): T {
  return places.run({ step }, body);
}

/** Names a step whose body starts now. Operation ids count from 0 in each attempt. */
export function stepAt(step: Omit<CurrentStep, "operationId">): CurrentStep {
  let taken = 0;
  return { ...step, operationId: () => `${step.execution}/${step.id}/${taken++}` };
}

/**
 * The work is done durably: as a step of its own, or as part of the step that is running. Steps are made with the tools of the function around it, which
 * `perdureMiddleware` and `withStep` make known; without either it is refused, rather than pretended.
 *
 * What the work returns arrives as it was: dates, BigInts, bytes and half surrogate pairs too. A step of its own refuses, after the work, what cannot be kept
 * (`UNSUPPORTED_VALUE`) or is over 1 MiB (`TOO_LARGE`), and does not try again.
 */
export async function durable<T>(id: string, work: () => Promise<T> | T): Promise<T> {
  const place = places.getStore();
  if (place?.step) return work();
  if (!place?.tools)
    throw new StorageError(
      "INVALID_ARGUMENT",
      `durable("${id}") was called where no step can be made: add perdureMiddleware to the function, or wrap its body in withStep.`,
    );
  const output = await place.tools.run({ id }, async () => {
    try {
      return encodeOutput(await work());
    } catch (error) {
      throw crossing(error);
    }
  });
  return decodeOutput(output) as T;
}
