import { type AgentResult, type Message, RoutingAgent } from "@inngest/agent-kit";
import { AgentResult as Result } from "@inngest/agent-kit";
import type { KitAgent } from "./kit.ts";
import { once } from "./once.ts";
import type { KitRun } from "./run.ts";
import { toolsInRun } from "./tools.ts";

type Lifecycle = NonNullable<KitAgent["lifecycles"]>;
type OnStart = NonNullable<Lifecycle["onStart"]>;
type OnFinish = NonNullable<Lifecycle["onFinish"]>;

/** Agents that a run has made of others. */
const made = new WeakSet<object>();

/**
 * An agent as one run has it: what its model says and what its tools give is stored, its hooks are called once. It is the same object for AgentKit, under a name of our own; the one that was given stays
 * as it is.
 */
export function agentInRun(run: KitRun, agent: KitAgent): KitAgent {
  if (made.has(agent)) return agent;
  const known = run.agents.get(agent);
  if (known) return known;
  const inRun: KitAgent = Object.create(agent, {
    tools: { value: toolsInRun(run, agent) },
    lifecycles: { value: lifecyclesInRun(run, agent) },
    // The run keeps the thread's history.
    history: { value: undefined },
  }) as KitAgent;
  made.add(inRun);
  run.agents.set(agent, inRun);
  return inRun;
}

function lifecyclesInRun(run: KitRun, agent: KitAgent): KitAgent["lifecycles"] {
  const own = agent.lifecycles;
  const isRouting = agent instanceof RoutingAgent;
  return {
    ...own,
    async onStart(args) {
      const told = own?.onStart
        ? await started(run, agent, own.onStart, args)
        : { prompt: args.prompt, history: args.history ?? [], stop: false };
      const { prompt, history } = told;
      run.network = args.network;
      run.turning = told.stop ? undefined : { agent, isRouting, prompt, history };
      return told;
    },
    async onResponse({ result }) {
      // The agent's own was called where the answer was stored.
      const { said } = run;
      if (!said) return result;
      result.output = [...said.output];
      result.createdAt = said.createdAt;
      return result;
    },
    ...(own?.onFinish ? { onFinish: finishing(run, agent, own.onFinish) } : {}),
  };
}

/** What an agent's `onStart` has made of its prompt: what it leaves as it is is not stored. */
interface Started {
  readonly stop: boolean;
  readonly prompt?: Message[];
  readonly history?: Message[];
}

async function started(
  run: KitRun,
  agent: KitAgent,
  onStart: OnStart,
  args: Parameters<OnStart>[0],
): Promise<Awaited<ReturnType<OnStart>>> {
  const { prompt, history = [], network } = args;
  const data = network?.state.data ?? {};
  const named = { name: `onStart-${agent.name}`, data };
  const kept = await once(run, run.turn + 1, named, async (): Promise<Started> => {
    const given = await onStart(args);
    return {
      stop: given.stop,
      ...(given.prompt === prompt ? {} : { prompt: given.prompt }),
      ...(given.history === history ? {} : { history: given.history }),
    };
  });
  return { stop: kept.stop, prompt: kept.prompt ?? prompt, history: kept.history ?? history };
}

/** An agent's result as it is stored. */
interface Finished {
  readonly agentName: string;
  readonly output: Message[];
  readonly toolCalls: AgentResult["toolCalls"];
}

function finishing(run: KitRun, agent: KitAgent, onFinish: OnFinish): OnFinish {
  return async (args) => {
    const { result: given, network } = args;
    const data = network?.state.data ?? {};
    const named = { name: `onFinish-${agent.name}`, data };
    const kept = await once(run, Math.max(1, run.turn), named, async (): Promise<Finished> => {
      const { agentName, output, toolCalls } = await onFinish(args);
      return { agentName, output, toolCalls };
    });
    const { createdAt, prompt, history, raw, id } = given;
    const { agentName, output, toolCalls } = kept;
    return new Result(agentName, output, toolCalls, createdAt, prompt, history, raw, id);
  };
}
