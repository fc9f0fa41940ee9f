import type { StepName } from "./agent.ts";
import type { Host } from "./host.ts";
import { currentStep, type CurrentStep, insideStep, stepAt } from "./steps/ambient.ts";
import { crossing, failureOf } from "./steps/failure.ts";
import { decodeOutput, encodeOutput } from "./steps/output.ts";

/** Where a step is made. */
export type StepHost = Pick<Host, "tools" | "execution" | "attempt" | "maxAttempts">;

/** A step of the bridge: what it returns and what it throws cross whole. Throws `StepFailure` when its retries are used up. */
export async function crossedStep<T>(
  host: StepHost,
  { id, name }: StepName,
  work: (step: CurrentStep) => Promise<T>,
): Promise<T> {
  const shown = name === undefined ? { id } : { id, name };
  let output: unknown;
  try {
    output = await host.tools.run(shown, async () => {
      const step = currentStep() ?? unnamedStep(host, id);
      try {
        return encodeOutput(await insideStep(step, async () => work(step)));
      } catch (error) {
        throw crossing(error);
      }
    });
  } catch (error) {
    throw failureOf(error);
  }
  return decodeOutput(output) as T;
}

/** A step of a runner without our middleware. */
function unnamedStep({ execution, attempt, maxAttempts }: StepHost, id: string): CurrentStep {
  return stepAt({ execution, id, attempt, ...(maxAttempts === undefined ? {} : { maxAttempts }) });
}
