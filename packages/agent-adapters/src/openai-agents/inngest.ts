import { checkGiven } from "@perdure/checkpoint-core";
import {
  createInngestAgent as create,
  type InngestAgent,
  type InngestAgentOptions,
} from "@perdure/inngest-bridge";
import { openAIAgent } from "./agent.ts";
import type { OpenAIAgentOptions } from "./options.ts";

/** What the bridge's own takes, with an agent of the SDK as it is, and what its runs need beside it. */
export interface OpenAIInngestOptions extends Omit<InngestAgentOptions, "agent"> {
  /** An `Agent`. */
  readonly agent: object;
  /** What `openAIAgent` takes. */
  readonly options?: OpenAIAgentOptions;
}

/** `createInngestAgent` for an agent of the OpenAI Agents SDK as it is: `{ inngest, store, agent }`. */
export function createInngestAgent(asked: OpenAIInngestOptions): InngestAgent {
  checkGiven("createInngestAgent", asked, { agent: "object" });
  const { agent, options = {}, ...given } = asked;
  return create({ ...given, agent: openAIAgent(agent, options) });
}
