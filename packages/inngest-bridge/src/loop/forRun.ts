import { NonRetriableError } from "inngest";
import type { ClientTool, RunOptions } from "../runOptions.ts";
import type { AgentTool } from "./contract.ts";
import type { Loop } from "./made.ts";

/** The loop as one run has it: the same in every execution, because its options are stored with it. */
export function loopForRun(loop: Loop, options: RunOptions): Loop {
  const { instructions, maxSteps = loop.maxIterations, budget } = options;
  return {
    ...loop,
    ...(instructions === undefined ? {} : { systemPrompt: instructions }),
    tools: toolsForRun(loop.tools, options),
    maxIterations: Math.min(maxSteps, budget?.maxSteps ?? maxSteps),
  };
}

type Tools = Readonly<Record<string, AgentTool>>;

function toolsForRun(
  all: Tools,
  { tools: chosen, clientTools = {}, requireToolApproval = false }: RunOptions,
): Tools {
  const own = chosen
    ? Object.entries(all).filter(([name]) => chosen.includes(name))
    : Object.entries(all);
  const asking = own.map(([name, tool]): [string, AgentTool] => [
    name,
    requireToolApproval ? { ...tool, requiresApproval: true } : tool,
  ]);
  const added = Object.entries(clientTools).map(([name, tool]): [string, AgentTool] => [
    name,
    carriedOutElsewhere(name, tool),
  ]);
  return Object.fromEntries([...asking, ...added]);
}

/** A tool of the caller's: each call waits for its answer. */
function carriedOutElsewhere(name: string, { description, parameters }: ClientTool): AgentTool {
  return {
    description,
    parameters,
    requiresApproval: true,
    execute() {
      throw new NonRetriableError(
        `"${name}" is carried out by whoever started the run, with \`answer\`: to approve its call does nothing.`,
      );
    },
  };
}
