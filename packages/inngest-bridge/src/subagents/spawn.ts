import { bridgeBehind } from "../inngest/behind.ts";
import type { InngestAgent } from "../inngest/contract.ts";
import type { StartResult } from "../target.ts";
import { start } from "../inngest/starting.ts";
import type { AgentTool } from "../loop/contract.ts";
import { MAX_DEPTH, type StartedOptions } from "./contract.ts";
import { checkStarted, PROMPT, promptFrom } from "./options.ts";
import { startedRun } from "./starting.ts";

const OPTIONS = new Set([
  "description",
  "parameters",
  "prompt",
  "threadId",
  "maxDepth",
  "requiresApproval",
]);

/**
 * Another agent as a tool that starts a run and does not wait: the result is `{ runId, threadId, status }`, as `start` gives it. The run is the agent's own, in executions of its own: nothing of the run that
 * calls reaches it, also no cancel. It is started once, whatever is tried again, and in the scope of the run that calls.
 *
 * Where there is no Inngest (`runLocally`) nothing is started, and the model is told so in an error. Options that are missing, of another type, or unknown are refused (`INVALID_ARGUMENT`).
 */
export function spawn<Input = Readonly<Record<string, unknown>>>(
  agent: InngestAgent,
  options: StartedOptions<Input>,
): AgentTool {
  const bridge = bridgeBehind(agent);
  checkStarted("spawn", options, OPTIONS);
  const { description, parameters = PROMPT, requiresApproval } = options;
  const { threadId, maxDepth = MAX_DEPTH } = options as StartedOptions;
  const promptOf = promptFrom(options.prompt as never);
  return {
    description,
    parameters,
    ...(requiresApproval === undefined ? {} : { requiresApproval }),
    async execute(input: unknown, context): Promise<StartResult> {
      const how = { promptOf, maxDepth, ...(threadId === undefined ? {} : { threadId }) };
      const { given, depth } = await startedRun(bridge, "spawn", how, input, context);
      return start(bridge, given, depth);
    },
  };
}
