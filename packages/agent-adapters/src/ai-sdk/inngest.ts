import { checkGiven } from "@perdure/checkpoint-core";
import {
  createInngestAgent as create,
  type InngestAgent,
  type InngestAgentOptions,
} from "@perdure/inngest-bridge";
import type { OutputInterface, ToolSet } from "ai";
import { aiSdkAgent } from "./agent.ts";
import type { AiSdkAgentSettings } from "./settings.ts";

/** What the bridge's own takes, with the settings of a `ToolLoopAgent` in the place of an agent. */
export interface AiSdkInngestOptions<
  Tools extends ToolSet = ToolSet,
  Output extends OutputInterface = never,
> extends Omit<InngestAgentOptions, "agent"> {
  /** What `aiSdkAgent` takes: the settings, and a name. */
  readonly agent: AiSdkAgentSettings<Tools, Output>;
}

/** `createInngestAgent` for an agent of the AI SDK: `{ inngest, store, agent }`, where `agent` is what you would give to `new ToolLoopAgent`, and a name. */
export function createInngestAgent<
  Tools extends ToolSet = ToolSet,
  Output extends OutputInterface = never,
>(given: AiSdkInngestOptions<Tools, Output>): InngestAgent {
  checkGiven("createInngestAgent", given, { agent: "object" });
  const { agent, ...options } = given;
  return create({ ...options, agent: aiSdkAgent(agent) });
}
