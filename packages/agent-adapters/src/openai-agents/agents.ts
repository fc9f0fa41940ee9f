import {
  Agent,
  type AgentOutputType,
  type Handoff,
  type InputGuardrail,
  type Tool,
} from "@openai/agents";
import { refuseReplaced } from "@perdure/inngest-bridge/agent";
import { refusing } from "../run/refused.ts";
import { modelInRun } from "./model.ts";
import type { OpenAIRun } from "./run.ts";
import { clientTools, toolInRun } from "./tools.ts";

/** An agent of any context and output. */
export type AnyAgent = Agent<unknown, AgentOutputType>;

/** The agent, and all that it may hand over to, as one run has them: the same agents, whose models and tools are the run's. */
export function agentsInRun(run: OpenAIRun, root: AnyAgent): AnyAgent {
  const made = new Map<AnyAgent, AnyAgent>();
  const copy = (agent: AnyAgent): AnyAgent => {
    const known = made.get(agent);
    if (known) return known;
    const own = agent.clone(agent === root ? asked(run, agent) : {}) as AnyAgent;
    made.set(agent, own);
    const { tools: chosen } = run.context.options;
    const tools = agent.tools.filter(({ name }) => chosen?.includes(name) ?? true);
    own.tools = [...tools, ...clientTools(run)].map((tool) => toolInRun(run, tool as Tool));
    own.handoffs = agent.handoffs.map((handoff) =>
      handedOver(handoff as AnyAgent | Handoff, copy),
    ) as never;
    if (typeof agent.model !== "string") own.model = modelInRun(run, agent.model);
    const listed = agent.getMcpTools.bind(agent);
    own.getMcpTools = async (...given) => {
      const found = await listed(...given);
      await refusing(run.ledger, () =>
        refuseReplaced(agent.name, namesOf([...found, ...agent.tools]), run.context.options),
      );
      return found.map((tool) => toolInRun(run, tool as Tool)) as never;
    };
    guard(run, own);
    return own;
  };
  return copy(root);
}

/** The names of the tools of the agent and of all that it may hand over to; `undefined` where those of a server are among them, which only a run sees. */
export function toolNamesOf(root: AnyAgent): readonly string[] | undefined {
  const agents = [...reachable(root)];
  if (agents.some(({ mcpServers }) => mcpServers.length > 0)) return undefined;
  return agents.flatMap(({ tools }) => namesOf(tools));
}

/** Whether the agent, or one that it may hand over to, has a tool of this name. Those of a server, and of an agent inside of a call, cannot be seen from here: there it may. */
export function mayHave(root: AnyAgent, name: string): boolean {
  for (const agent of reachable(root)) {
    if (agent.mcpServers.length > 0) return true;
    if (agent.tools.some((tool) => tool.name === name || "on" in tool)) return true;
  }
  return false;
}

/** The agent, and all that it may hand over to. */
function reachable(root: AnyAgent): ReadonlySet<AnyAgent> {
  const seen = new Set([root]);
  for (const agent of seen)
    for (const handoff of agent.handoffs)
      seen.add((handoff instanceof Agent ? handoff : handoff.agent) as AnyAgent);
  return seen;
}

function namesOf(tools: readonly { readonly name: string }[]): readonly string[] {
  return tools.map(({ name }) => name);
}

function handedOver(
  handoff: AnyAgent | Handoff,
  copy: (agent: AnyAgent) => AnyAgent,
): AnyAgent | Handoff {
  if (handoff instanceof Agent) return copy(handoff);
  return handoff.clone({ agent: copy(handoff.agent as AnyAgent) as never });
}

/** What the run's caller asks of the agent that it starts with. */
function asked({ context: { options } }: OpenAIRun, agent: AnyAgent): object {
  const { instructions, modelSettings, toolChoice } = options;
  const choice = typeof toolChoice === "object" ? toolChoice.toolName : toolChoice;
  const settings = { ...modelSettings, ...(choice === undefined ? {} : { toolChoice: choice }) };
  return {
    ...(instructions === undefined ? {} : { instructions }),
    ...(Object.keys(settings).length === 0
      ? {}
      : { modelSettings: { ...agent.modelSettings, ...settings } }),
  };
}

/** A guardrail may ask a model: it is a step of its own. */
function guard(run: OpenAIRun, agent: AnyAgent): void {
  const inputs: InputGuardrail[] = agent.inputGuardrails.map((one) => ({
    ...one,
    execute: async (given) =>
      run.ledger.step(
        { id: `guardrail:in:${agent.name}:${one.name}`, name: "guardrail" },
        async () => one.execute(given),
      ),
  }));
  const outputs = agent.outputGuardrails.map((one) => ({
    ...one,
    execute: async (given: Parameters<typeof one.execute>[0]) =>
      run.ledger.step(
        { id: `guardrail:out:${run.turn}:${agent.name}:${one.name}`, name: "guardrail" },
        async () => one.execute(given),
      ),
  }));
  Object.assign(agent, { inputGuardrails: inputs, outputGuardrails: outputs });
}
