import { keepBridge } from "./behind.ts";
import { INNGEST_AGENT } from "./brand.ts";
import { bridgeOf } from "./bridge.ts";
import { callsTo } from "./calls.ts";
import type { InngestAgent, InngestAgentOptions, WakeOptions } from "./contract.ts";
import { deleteThread } from "./deleting.ts";
import { keepEventNames } from "./eventNames.ts";
import { cancelledFunction, resumeFunction, runFunction } from "./functions.ts";
import type { ResumeOptions } from "./runCalls.ts";
import { upkeepCalls } from "../upkeep/calls.ts";
import { upkeepFunctions } from "../upkeep/functions.ts";
import { watchFunctions } from "./watching.ts";
import { streamsOf } from "./streaming.ts";

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
  const { wake, ...calls } = callsTo(bridge);
  const { resumed, ...streams } = streamsOf(bridge, { wake, ...calls });
  const made: InngestAgent = {
    [INNGEST_AGENT]: true,
    id,
    name,
    agent,
    functions: [
      runFn,
      resumeFn,
      cancelledFunction(bridge),
      ...watchFunctions(bridge),
      ...upkeepFunctions(bridge),
    ],
    runFn,
    resumeFn,
    ...calls,
    deleteThread: async (given) => deleteThread(bridge, calls.cancel, given),
    ...streams,
    ...upkeepCalls(bridge, wake),
    resume: (async (of: string | WakeOptions, decisions?: unknown, listening?: ResumeOptions) =>
      typeof of === "string"
        ? resumed(of, decisions, listening)
        : wake(of)) as InngestAgent["resume"],
  };
  return keepBridge(made, bridge);
}

/** Whether a value is what `createInngestAgent` returned. */
export function isInngestAgent(value: unknown): value is InngestAgent {
  return typeof value === "object" && value !== null && INNGEST_AGENT in value;
}
