import { StorageError } from "@perdure/checkpoint-core";
import type { DurableAgent } from "../agent.ts";
import type { AgentTool } from "../loop/contract.ts";
import { DELEGATE, type DelegateOptions, type DelegateTool, MAX_DEPTH } from "./contract.ts";
import { checkDepth, checkNamed, promptFrom, PROMPT, refuseUnknown } from "./options.ts";

const OPTIONS = new Set(["description", "parameters", "prompt", "maxDepth", "requiresApproval"]);

/**
 * Another agent as a tool of a loop: the call has it work, on a thread and in a run of its own, within the execution of the run that calls; its answer is the result. What the agent needs a person for is
 * asked by the run that calls, which suspends with it and hands the decision down. A cancel of that run reaches it. Steps: two, and those of the agent's turns and tools.
 *
 * An agent that gives no answer gives a text that says why, as an error. Options that are missing, of another type, or unknown are refused (`INVALID_ARGUMENT`).
 */
export function delegate<Input = Readonly<Record<string, unknown>>>(
  agent: DurableAgent,
  options: DelegateOptions<Input>,
): AgentTool {
  checkAgent(agent);
  refuseUnknown("delegate", options, OPTIONS);
  const { description, parameters = PROMPT, maxDepth = MAX_DEPTH, requiresApproval } = options;
  checkNamed("delegate", options);
  checkDepth(maxDepth);
  const tool: DelegateTool = {
    description,
    parameters,
    durable: "self",
    ...(requiresApproval === undefined ? {} : { requiresApproval }),
    execute() {
      throw new StorageError(
        "INVALID_ARGUMENT",
        `Only a loop of createAgentLoop has the agent "${agent.name}" work: nothing was done.`,
      );
    },
    [DELEGATE]: { agent, promptOf: promptFrom(options.prompt as never), maxDepth },
  };
  return tool;
}

function checkAgent(agent: unknown): void {
  const { name, run, resume } = (agent ?? {}) as Readonly<Record<string, unknown>>;
  const isAgent =
    typeof name === "string" && typeof run === "function" && typeof resume === "function";
  if (!isAgent)
    throw new StorageError(
      "INVALID_ARGUMENT",
      "delegate needs an agent: a name, `run` and `resume`. Of what createInngestAgent gives it is `agent`.",
    );
}
