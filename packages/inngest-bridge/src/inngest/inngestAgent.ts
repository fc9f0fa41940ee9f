import { bridgeOf } from "./bridge.ts";
import { callsTo } from "./calls.ts";
import type { InngestAgent, InngestAgentOptions } from "./contract.ts";
import { keepEventNames } from "./eventNames.ts";
import { cancelledFunction, resumeFunction, runFunction } from "./functions.ts";

/**
 * An agent as Inngest functions, on one store: `functions` is all that is to be served. A run event starts a run on its thread; a run that needs a person ends its execution with its state
 * stored, and a resume event goes on with it in a new one, once, in whatever process.
 *
 * Throws `INVALID_ARGUMENT` for options that are missing or of another type, and for events that another agent of the same client listens to.
 */
export function createInngestAgent(options: InngestAgentOptions): InngestAgent {
  const bridge = bridgeOf(options);
  keepEventNames(bridge);
  const runFn = runFunction(bridge);
  const resumeFn = resumeFunction(bridge);
  const { id, name, agent } = bridge;
  return {
    id,
    name,
    agent,
    functions: [runFn, resumeFn, cancelledFunction(bridge)],
    runFn,
    resumeFn,
    ...callsTo(bridge),
  };
}
