import { checkGiven } from "@perdure/checkpoint-core";
import {
  createInngestAgent as create,
  type InngestAgent,
  type InngestAgentOptions,
} from "@perdure/inngest-bridge";
import type { DurableAgent } from "@perdure/inngest-bridge/agent";
import { agentKitAgent, isAgentKit } from "./agent.ts";

/** What the bridge's own takes, with an agent or a network of AgentKit as it is. */
export interface AgentKitInngestOptions extends Omit<InngestAgentOptions, "agent"> {
  /** A network, an agent, or what `agentKitAgent` has made of one. */
  readonly agent: object;
}

/** `createInngestAgent` for a network or an agent of AgentKit as it is: `{ inngest, agent: network, store }`. */
export function createInngestAgent(given: AgentKitInngestOptions): InngestAgent {
  checkGiven("createInngestAgent", given, { agent: "object" });
  const { agent, ...options } = given;
  const made = isAgentKit(agent) ? agentKitAgent(agent) : (agent as DurableAgent);
  return create({ ...options, agent: made });
}
