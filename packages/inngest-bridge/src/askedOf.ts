import { StorageError } from "@perdure/checkpoint-core";
import type { DurableAgent } from "./agent.ts";
import { refuseBudgets } from "./budget/holding.ts";
import type { RunOptions } from "./runOptions.ts";

/** Refuses what is asked of one run and its agent does not have, or does not hold (`INVALID_ARGUMENT`): nothing is taken and then ignored. */
export function refuseOptions(
  agent: Pick<DurableAgent, "name" | "checkBudgets" | "toolNames">,
  options: RunOptions,
): void {
  const { name, toolNames } = agent;
  const missing = toolNames && options.tools?.find((tool) => !toolNames.includes(tool));
  if (missing !== undefined)
    throw new StorageError("INVALID_ARGUMENT", `The agent "${name}" has no tool "${missing}".`);
  refuseReplaced(name, toolNames, options);
  refuseChoice(toolNames, options);
  refuseBudgets(agent, options);
}

/** A tool of the caller's that has the name of one of the agent's would take its place, with its checks and its permissions. */
export function refuseReplaced(
  agent: string,
  own: readonly string[] = [],
  { clientTools = {} }: RunOptions,
): void {
  const taken = own.find((tool) => Object.hasOwn(clientTools, tool));
  if (taken === undefined) return;
  throw new StorageError(
    "INVALID_ARGUMENT",
    `clientTools: the agent "${agent}" has a tool "${taken}" itself, which none of the caller's replaces: give that another name.`,
  );
}

/** A model that is to call a tool which the run does not have would be asked in vain. */
function refuseChoice(
  toolNames: DurableAgent["toolNames"],
  { tools = toolNames, clientTools = {}, toolChoice }: RunOptions,
): void {
  if (typeof toolChoice !== "object" || !tools) return;
  const { toolName } = toolChoice;
  if (tools.includes(toolName) || Object.hasOwn(clientTools, toolName)) return;
  throw new StorageError(
    "INVALID_ARGUMENT",
    `toolChoice: the run has no tool ${JSON.stringify(toolName)}.`,
  );
}
