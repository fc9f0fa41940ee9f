import { type AgentTool, createAgentLoop, delegate } from "../../src/index.ts";
import { scriptedModel, type Surroundings, worldTools } from "./surroundings.ts";

/** An agent below the agent, with the same tools; it is asked with the id of the call. */
export function clerkTool(around: Surroundings, renamed: boolean): AgentTool {
  const clerk = createAgentLoop({
    name: "clerk",
    model: scriptedModel(around),
    tools: worldTools(around, renamed),
    resumeWhen: around.script.resumeWhen,
  });
  return delegate(clerk, { description: "Does what the script wants." });
}
