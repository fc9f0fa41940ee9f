import type { InngestStep } from "./inngestStep.ts";
import type { StepTools } from "./tools.ts";

/** Tools whose steps have a space of ids for themselves, among those of the same function. */
export function toolsIn(prefix: string, tools: StepTools): StepTools {
  return {
    run: async ({ id, name = id }, work, ...input) =>
      tools.run({ id: `${prefix}${id}`, name }, work, ...input),
    sleep: async (id, ms) => tools.sleep(`${prefix}${id}`, ms),
  };
}

/** The same for the steps of Inngest's own. */
export function inngestIn(prefix: string, inngest: InngestStep): InngestStep {
  return {
    sendEvent: async (id, events) => inngest.sendEvent(within(prefix, id), events),
    invoke: async (id, options) => inngest.invoke(within(prefix, id), options),
    waitForEvent: async (id, options) => inngest.waitForEvent(within(prefix, id), options),
  };
}

function within(prefix: string, step: unknown): unknown {
  const { id, name = id } = step as { readonly id: string; readonly name?: string };
  return { id: `${prefix}${id}`, name };
}
