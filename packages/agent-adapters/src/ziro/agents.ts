import { StorageError } from "@perdure/checkpoint-core";
import type {
  ZiroAgent,
  ZiroAgentOptions,
  ZiroHandoff,
  ZiroModel,
  ZiroPrepareStep,
  ZiroTold,
} from "./contract.ts";
import { throughAgent } from "./throughAgent.ts";

/** An agent of a run, and how its model is asked. */
export interface KnownAgent {
  readonly agent: ZiroAgent;
  readonly model: ZiroModel;
  readonly prepareStep: ZiroPrepareStep | undefined;
}

/** The agents that a run may come to. */
export interface Agents {
  readonly top: KnownAgent;
  /** Those that are handed over to, as far as they were named. */
  readonly below: readonly KnownAgent[];
}

/** Throws `INVALID_ARGUMENT` for what is no agent, for two of one name, and for one with `memory` whose model is not told. */
export function agentsOf(top: ZiroAgent, options: ZiroAgentOptions): Agents {
  const below = (options.handoffs ?? []).map((handoff) => knownHandoff(handoff));
  const names = below.map(({ agent }) => handoffTool(agent.name));
  const twice = below.find(({ agent }, at) => names.indexOf(handoffTool(agent.name)) !== at);
  if (twice)
    throw invalid(`Two of the agents in handoffs are called "${twice.agent.name}" by their tool.`);
  return { top: knownAgent(top, options), below };
}

/** The tool by which an agent is handed over to, as Ziro names it. */
export function handoffTool(agent: string): string {
  const cleaned = agent
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]+/g, "_")
    .replaceAll(/^_+|_+$/g, "");
  return `transfer_to_${cleaned === "" ? "agent" : cleaned}`;
}

/** Whether the tool hands over to some agent, named or not. */
export function isHandoff(tool: string): boolean {
  return tool.startsWith("transfer_to_");
}

function knownHandoff(handoff: ZiroHandoff): KnownAgent {
  return "agent" in handoff ? knownAgent(handoff.agent, handoff) : knownAgent(handoff, {});
}

function knownAgent(agent: ZiroAgent, { model, prepareStep }: ZiroTold): KnownAgent {
  const isAgent =
    typeof agent?.run === "function" && typeof agent.resumeFromCheckpoint === "function";
  if (!isAgent) throw invalid("ziroAgent needs agents of @ziro-agent/agent.");
  if (model !== undefined && typeof model?.generate !== "function")
    throw invalid(`The model of the Ziro agent "${agent.name}" is none: it has no generate.`);
  if (model === undefined && agent.memory !== undefined)
    throw invalid(
      `The Ziro agent "${agent.name}" has a memory, so it needs its model once more (\`model\`): an agent does not tell which one it has.`,
    );
  return { agent, model: model ?? throughAgent(agent), prepareStep };
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
