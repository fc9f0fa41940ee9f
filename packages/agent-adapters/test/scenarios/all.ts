import { framework as agentKit } from "../agentkit/scene.ts";
import { framework as aiSdk } from "../ai-sdk/scene.ts";
import { framework as langGraph } from "../langgraph/scene.ts";
import { framework as mastra } from "../mastra/scene.ts";
import { framework as openAIAgents } from "../openai-agents/scene.ts";
import { framework as ziro } from "../ziro/scene.ts";
import type { Framework } from "./framework.ts";

/** The frameworks, as columns of the table. */
export const frameworks: readonly Framework[] = [
  aiSdk,
  openAIAgents,
  agentKit,
  langGraph,
  mastra,
  ziro,
];
