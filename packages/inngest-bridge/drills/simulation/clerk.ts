import { type AgentTool, createAgentLoop, delegate } from "../../src/index.ts";
import { scriptedModel, type Surroundings, worldTools } from "./surroundings.ts";

/** An agent below the agent, with the same tools, and in some worlds one below itself; each is asked with the id of the call. */
export function clerkTool(around: Surroundings, renamed: boolean): AgentTool {
  const { maxDepth } = around.script;
  return agentBelow(around, renamed, {
    name: "clerk",
    ...(maxDepth === undefined
      ? {}
      : { tools: { aide: agentBelow(around, renamed, { name: "aide", maxDepth }) } }),
  });
}

interface Below {
  readonly name: string;
  readonly tools?: Readonly<Record<string, AgentTool>>;
  readonly maxDepth?: number;
}

function agentBelow(
  around: Surroundings,
  renamed: boolean,
  { name, tools = {}, maxDepth }: Below,
): AgentTool {
  const agent = createAgentLoop({
    name,
    model: scriptedModel(around),
    tools: { ...worldTools(around, renamed), ...tools },
    resumeWhen: around.script.resumeWhen,
  });
  return delegate(agent, {
    description: "Does what the script wants.",
    ...(maxDepth === undefined ? {} : { maxDepth }),
  });
}
