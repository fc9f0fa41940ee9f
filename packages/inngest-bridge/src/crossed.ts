import type { StepName } from "./agent.ts";
import type { Host } from "./host.ts";
import { currentStep, type CurrentStep, insideStep, stepAt } from "./steps/ambient.ts";
import { crossing, failureOf } from "./steps/failure.ts";
import { decodeOutput, encodeOutput } from "./steps/output.ts";
import type { ShownInput } from "./steps/stepInput.ts";

/** Where a step is made. */
export type StepHost = Pick<Host, "tools" | "execution" | "attempt" | "maxAttempts"> &
  Partial<Pick<Host, "showsInputs">>;

/** A step of the bridge: what it returns and what it throws cross whole. Throws `StepFailure` when its retries are used up. */
export async function crossedStep<T>(
  host: StepHost,
  { id, name, shows = false }: StepName,
  work: (step: CurrentStep, input: ShownInput | undefined) => Promise<T>,
): Promise<T> {
  const shown = name === undefined ? { id } : { id, name };
  const input: readonly ShownInput[] = shows && host.showsInputs === true ? [{}] : [];
  let output: unknown;
  try {
    output = await host.tools.run(
      shown,
      async () => {
        const step = currentStep() ?? unnamedStep(host, id);
        try {
          return encodeOutput(await insideStep(step, async () => work(step, input[0])));
        } catch (error) {
          throw crossing(error);
        }
      },
      ...input,
    );
  } catch (error) {
    throw failureOf(error);
  }
  return decodeOutput(output) as T;
}

/** A step of a runner without our middleware. */
function unnamedStep({ execution, attempt, maxAttempts }: StepHost, id: string): CurrentStep {
  return stepAt({ execution, id, attempt, ...(maxAttempts === undefined ? {} : { maxAttempts }) });
}
